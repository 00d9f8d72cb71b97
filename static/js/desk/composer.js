// Where an agent writes: a reply to the customer or a note to colleagues. Every session keeps its own draft of each, also over
// a reload; a draft leaves only when it was sent.

import { $, el, icon } from "./dom.js"
import { stored } from "../feed.js"
import { named, rich, t } from "./words.js"
import { asksAgain } from "./already.js"
import { drawing } from "./facts.js"
import { label } from "./pack.js"

const fine = matchMedia("(pointer: fine)").matches

export class Composer {
  // hear: { send(mode, text), typing(on), retry() }
  constructor(hear, me) {
    Object.assign(this, { hear, me, session: "", mode: "reply", given: [], hidden: new Set() })
    this.form = $("composer")
    this.text = $("text")
    this.form.addEventListener("submit", event => { event.preventDefault(); this.send() })
    this.text.addEventListener("input", () => this.changed())
    this.text.addEventListener("blur", () => this.hear.typing(false))
    this.text.addEventListener("keydown", event => this.key(event))
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => this.turn(tab.dataset.mode, true))
      tab.addEventListener("keydown", event => { if (/^Arrow(Left|Right)$/.test(event.key)) this.turn(this.mode === "reply" ? "note" : "reply").focus() })
    }
    $("send-hint").textContent = fine ? t("desk.send.hint") : ""
  }

  get tabs() { return [...this.form.querySelectorAll("[role=tab]")] }

  open(session) {
    this.session = session
    // Who may write, and under which epoch, is known once the row has come: until then nothing is sent.
    this.row = undefined
    $("send").disabled = true
    this.hidden.clear()
    this.refused(null)
    this.turn("reply")
  }

  // row: the session as the inbox has it; address: where texts go. Who may reply depends on who owns it; a note is always possible.
  fit(row, address) {
    this.row = row
    this.address = address
    const mine = row.owner === `agent:${this.me.id}`, closed = row.status === "closed"
    this.mayReply = mine && !closed
    this.form.hidden = false
    if (!this.mayReply && this.mode === "reply" && !this.text.value && closed) this.turn("note")
    this.where()
  }

  turn(mode, focus = false) {
    this.mode = mode
    this.form.dataset.mode = mode
    for (const tab of this.tabs) {
      const on = tab.dataset.mode === mode
      tab.setAttribute("aria-selected", String(on))
      tab.tabIndex = on ? 0 : -1
    }
    $("composer-panel").setAttribute("aria-labelledby", `mode-${mode}`)
    this.text.setAttribute("aria-label", t(mode === "note" ? "desk.note" : "desk.reply"))
    this.text.value = this.draft() || ""
    this.where()
    this.warn()
    if (focus) this.focus()
    return this.tabs.find(tab => tab.dataset.mode === mode)
  }

  focus() {
    this.text.focus()
    this.text.setSelectionRange(this.text.value.length, this.text.value.length)
  }

  // What happens to this text when it is sent, said before it is.
  where() {
    if (!this.row) return
    const { row, mode } = this
    const blocked = mode === "reply" && !this.mayReply
    const key = mode === "note" ? "note" : row.status === "closed" ? "closed" : row.owner === "none" || row.owner.startsWith("queue:") ? "waiting" : blocked ? "other" : "reply"
    const code = row.channel
    $("goes").replaceChildren(mode === "reply" && !blocked ? icon(drawing(code)) : icon(mode === "note" ? "note" : "alert"),
      el("span", {}, rich(`desk.goes.${key}`, { channel: el("b", {}, named(`desk.channel.${code || "none"}`)), address: el("bdi", {}, this.address || ""), who: row.owner_name || t(`desk.owner.${row.owner.split(":")[0]}`) })))
    $("send").disabled = blocked
    $("send").querySelector("span").textContent = t(mode === "note" ? "desk.send.note" : "desk.send")
    this.text.placeholder = t(`desk.placeholder.${blocked ? key : mode}`)
  }

  knows(given) {
    this.given = given
    this.warn()
  }

  key(event) {
    // While an input method composes, Enter chooses a candidate; on a phone it is a new line.
    if (event.key !== "Enter" || event.isComposing || event.shiftKey || (!fine && !event.metaKey && !event.ctrlKey)) return
    event.preventDefault()
    this.send()
  }

  send() {
    const text = this.text.value.trim()
    if (!text) return this.text.focus()
    if ($("send").disabled) return
    this.hear.typing(false)
    this.hear.send(this.mode, text)
    this.text.value = ""
    this.keep()
    this.refused(null)
    this.warn()
    this.text.focus()
  }

  changed() {
    this.keep()
    this.warn()
    if (this.mode === "reply" && this.mayReply) this.hear.typing(Boolean(this.text.value))
  }

  warn() {
    const box = $("already")
    const found = this.mode === "reply" && this.text.value ? asksAgain(this.text.value, this.given).filter(one => !this.hidden.has(one.name)) : []
    const mark = found.map(one => one.name + one.text).join()
    if (box.dataset.mark === mark) return
    box.dataset.mark = mark
    box.hidden = !found.length
    box.replaceChildren(...(found.length ? [
      icon("bulb"),
      el("span", {}, t("desk.already"), " ", found.map((one, at) => [at ? " · " : "", `${label(one)}: `, el("b", { dir: "auto" }, one.shown ? one.text : t("desk.already.hidden"))])),
      el("button", { type: "button", onclick: () => { for (const one of found) this.hidden.add(one.name); this.warn(); this.text.focus() } }, t("desk.already.ok"))] : []))
  }

  // The server refused what was sent: the words are back in the box, the reason stands above it.
  refused(problem, text = "", mode = "reply", again = null) {
    const box = $("problem")
    box.hidden = !problem
    box.replaceChildren()
    if (!problem) return
    if (text) {
      this.turn(mode)
      this.text.value = [text, this.text.value].filter(Boolean).join("\n")
      this.keep()
      this.warn()
    }
    box.append(icon("alert"), el("span", {}, problem), again ? el("button", { type: "button", onclick: again.act }, again.label) : "",
      el("button", { type: "button", onclick: () => { box.hidden = true; this.text.focus() } }, t("desk.dismiss")))
  }

  get name() { return `samethread:desk:${this.me.id}:draft:${this.session}:${this.mode}` }

  draft() { return stored(box => box.getItem(this.name)) }

  keep() {
    const { value } = this.text
    stored(box => (value ? box.setItem(this.name, value) : box.removeItem(this.name)))
  }
}
