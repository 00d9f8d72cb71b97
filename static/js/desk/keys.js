// One-letter keys. They never act while somebody types, can be turned off (help), and leave the browser's own keys alone.

import { $ } from "./dom.js"
import { anyOpen } from "./dialogs.js"

const OFF = "samethread:desk:keys-off"
const typing = target => target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]")

// acts: {key: function}
export function listen(acts) {
  const toggle = $("keys-on")
  toggle.checked = !stored()
  toggle.addEventListener("change", () => store(!toggle.checked))
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || anyOpen()) return
    if (event.key === "Escape") return acts.Escape(event)
    if (typing(event.target) || stored()) return
    const act = acts[event.key]
    if (!act) return
    event.preventDefault()
    act(event)
  })
}

function stored() {
  try { return localStorage.getItem(OFF) === "1" } catch { return false }
}

function store(off) {
  try { off ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF) } catch { /* kept for this page only */ }
}
