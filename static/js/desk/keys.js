// One-letter keys. They never act while somebody types, can be turned off (help), and leave the browser's own keys alone.

import { stored } from "../feed.js"
import { $ } from "./dom.js"
import { anyOpen } from "./dialogs.js"

const OFF = "samethread:desk:keys-off"
const typing = target => target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]")

// acts: {key: function}
export function listen(acts) {
  const toggle = $("keys-on")
  let off = stored(box => box.getItem(OFF)) === "1"
  // The default too: opening the dialog resets its form.
  toggle.checked = toggle.defaultChecked = !off
  toggle.addEventListener("change", () => {
    off = !toggle.checked
    toggle.defaultChecked = !off
    stored(box => (off ? box.setItem(OFF, "1") : box.removeItem(OFF)))
  })
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || anyOpen()) return
    if (event.key === "Escape") return acts.Escape(event)
    if (typing(event.target) || off) return
    const act = acts[event.key]
    if (!act) return
    event.preventDefault()
    act(event)
  })
}
