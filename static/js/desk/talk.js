// The open session's timeline. Events are kept by seq, so that coming twice or out of order changes nothing; what is drawn is
// always the whole list, and only what changed is touched.

import { $, el, icon, reconcile } from "./dom.js"
import { named, rich, t } from "./words.js"
import { clock, day, exact, sameDay } from "./time.js"
import { get } from "./api.js"
import { FOLDED, SPOKEN, channel, drawing as channelDrawing, fact, name } from "./facts.js"

const PAGE = 200, GAP = 1000, NEAR = 160
const FATE = { owed: "clock", sent: "check", delivered: "checks", read: "checks", failed: "alert", unknown: "question", cancelled: "close", seen: "checks" }

export class Talk {
  // hear: { resend(delivery), reached(seq), again(item), discard(item) } · names: { owner, team, open }
  constructor(hear, names) {
    Object.assign(this, { hear, names, session: "", events: new Map(), outbox: [], read: 0 })
    this.log = $("log")
    this.box = $("scroll")
    $("jump").addEventListener("click", () => this.down())
    this.box.addEventListener("scroll", () => {
      this.stuck = this.near()
      if (this.stuck) $("jump").hidden = true
    }, { passive: true })
    // Whoever reads the newest line goes on doing so when the composer grows or a keyboard comes up.
    new ResizeObserver(() => { if (this.stuck) this.down() }).observe(this.box)
  }

  // Reads a session from its beginning. `read` is how far agents had read it: the mark "new" goes below.
  async open(session, read) {
    Object.assign(this, { session, events: new Map(), outbox: [], read, stuck: false })
    this.log.replaceChildren()
    this.box.setAttribute("aria-live", "off")
    $("log-loading").hidden = false
    $("jump").hidden = true
    await this.load(0)
    if (this.session !== session) return
    this.draw()
    this.start()
    setTimeout(() => this.box.setAttribute("aria-live", "polite"), 500)
  }

  async load(after) {
    const session = this.session
    for (let seq = after, page; ; seq = page.seq) {
      page = await get(`/v1/sessions/${session}/events?after=${seq}&limit=${PAGE}`)
      if (this.session !== session) return
      for (const event of page.events) this.events.set(event.seq, event)
      if (page.events.length < PAGE) break
    }
    $("log-loading").hidden = true
  }

  close() {
    this.session = ""
    this.events = new Map()
  }

  // An event of the open session, from wherever it came. A gap is filled if it does not fill itself.
  take(event) {
    const newer = !this.events.has(event.seq)
    this.events.set(event.seq, event)
    if (this.reached() < event.seq && !this.filling) {
      this.filling = setTimeout(() => {
        this.filling = 0
        if (this.reached() < Math.max(...this.events.keys())) this.load(this.reached()).then(() => this.draw()).catch(() => {})
      }, GAP)
    }
    this.draw()
    if (!this.stuck && newer && SPOKEN.has(event.kind)) $("jump").hidden = false
    this.hear.reached(this.reached())
  }

  // The highest seq below which nothing is missing.
  reached() {
    let seq = 0
    while (this.events.has(seq + 1)) seq += 1
    return seq
  }

  get list() { return [...this.events.values()].sort((one, two) => one.seq - two.seq) }

  get last() { return Math.max(0, ...this.events.keys()) }

  // ---- drawing

  draw() {
    const list = this.list
    const fates = receipts(list), seen = Math.max(0, ...list.filter(e => e.kind === "seen" && e.actor.kind === "customer" && e.body).map(e => e.body.seq))
    const items = []
    let before = null, fresh = false
    for (const event of folded(list)) {
      if (!before || !sameDay(before.at, event.at)) items.push(this.dayLine(event))
      if (!fresh && this.read && event.seq > this.read && SPOKEN.has(event.kind) && event.actor.kind === "customer") {
        fresh = true
        items.push({ key: "fresh", mark: "", draw: () => el("li", { class: "day fresh" }, t("desk.new")) })
      }
      items.push(this.item(event, fates.get(event.seq), seen))
      before = event
    }
    const known = new Set(list.map(event => event.key))
    for (const item of this.outbox) if (!known.has(item.key)) items.push(this.unsent(item))
    reconcile(this.log, items)
    if (this.stuck) this.down()
  }

  dayLine(event) {
    return { key: `day-${new Date(event.at).toDateString()}-${event.seq}`, mark: "", draw: () => el("li", { class: "day" }, day(event.at)) }
  }

  item(event, fates = [], seen = 0) {
    const was = event.kind === "message" && event.actor.kind !== "customer" && !fates.length && seen >= event.seq
    const mark = JSON.stringify([event.id, event.body, event.span, fates, was])
    const draw = event.kind === "note" ? () => memo(event) : event.kind === "message" ? () => this.bubble(event, fates, was) : () => this.fact(event)
    return { key: event.key, mark, draw }
  }

  bubble(event, fates, was) {
    const ours = event.actor.kind !== "customer"
    const auto = ours && event.actor.kind !== "agent"
    const menu = event.body?.prompt?.menu || []
    return el("li", { class: `say${ours ? " ours" : ""}${auto ? " auto" : ""}` },
      el("span", { class: "by" }, channelMark(event.channel), el("b", {}, name(event.actor)), time(event.at)),
      el("div", { class: "bubble", dir: "auto" }, event.body ? linked(event.body.text) : t("desk.event.gone.message")),
      menu.length > 0 && el("span", { class: "menu" }, menu.map(([, label]) => el("span", { class: "chip", dir: "auto" }, label))),
      fates.map(fate => this.fate(fate)),
      was && el("span", { class: "fate" }, icon("checks"), el("span", { class: "done" }, t("desk.fate.seen"))))
  }

  fate({ delivery, channel: code, status, permanent, reason }) {
    const tone = status === "failed" ? "bad" : status === "unknown" ? "warn" : status === "read" || status === "delivered" ? "done" : ""
    const key = status === "failed" ? (permanent ? "desk.fate.failed" : "desk.fate.trying") : `desk.fate.${status}`
    const stuck = (status === "failed" && permanent) || status === "unknown"
    return el("span", { class: "fate" }, icon(FATE[status]), el("span", { class: tone }, t(key, { channel: channel(code) })), reason && stuck && el("span", {}, named(`desk.reason.${reason}`)),
      stuck && el("button", { type: "button", onclick: event => this.hear.resend(delivery, event.target) }, t("desk.fate.again")))
  }

  fact(event) {
    const { icon: drawing, tone = "", what, detail, big } = fact(event, this.names)
    return el("li", { class: `fact ${tone}${big ? " big" : ""}` }, icon(drawing), el("span", {}, el("span", { class: "what" }, what), detail), time(event.at))
  }

  // What has not reached the server, at the end, where it will be.
  unsent(item) {
    const failed = item.state === "failed"
    const draw = () => el("li", { class: item.kind === "note" ? "memo" : "say ours" },
      item.kind === "note" && el("span", { class: "by" }, icon("note"), t("desk.note")),
      el("div", { class: "bubble", dir: "auto" }, item.body.text),
      el("span", { class: "fate" }, icon(failed ? "alert" : "clock"), el("span", { class: failed ? "bad" : "" }, t(failed ? "desk.fate.refused" : "desk.fate.sending")),
        failed && el("button", { type: "button", onclick: () => this.hear.edit(item) }, t("desk.fate.edit"))))
    return { key: item.key, mark: item.state, draw }
  }

  waiting(items) {
    this.outbox = items.filter(item => SPOKEN.has(item.kind))
    this.draw()
  }

  typed(frame) {
    clearTimeout(this.silence)
    $("typing").textContent = frame?.on ? t("desk.typing", { who: name(frame.actor) }) : ""
    if (frame?.on) this.silence = setTimeout(() => this.typed(null), 6000)
  }

  // ---- scrolling

  start() {
    const mark = this.log.querySelector(".fresh")
    this.stuck = !mark
    if (mark) mark.scrollIntoView({ block: "center" })
    else this.down()
  }

  near() { return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR }

  down() {
    this.stuck = true
    this.box.scrollTop = this.box.scrollHeight
    $("jump").hidden = true
  }
}

// Receipts by message: the newest of each delivery.
function receipts(list) {
  const fates = new Map()
  for (const { kind, body } of list) {
    if (kind !== "receipt" || !body) continue
    const of = fates.get(body.of) || new Map()
    of.set(body.delivery, body)
    fates.set(body.of, of)
  }
  return new Map([...fates].map(([seq, of]) => [seq, [...of.values()]]))
}

// Without what shows elsewhere; an agent coming and going again and again is one line.
function folded(list) {
  const kept = []
  for (const event of list) {
    if (FOLDED.has(event.kind)) continue
    const last = kept[kept.length - 1]
    if (event.kind === "focus" && last?.kind === "focus" && last.actor.id === event.actor.id) kept.pop()
    kept.push(event)
  }
  return kept
}

function memo(event) {
  return el("li", { class: "memo" },
    el("span", { class: "by" }, icon("note"), el("span", {}, rich("desk.note.by", { who: name(event.actor) })), time(event.at)),
    el("div", { class: "bubble", dir: "auto" }, event.body ? event.body.text : t("desk.event.gone.message")))
}

const time = at => el("time", { datetime: new Date(at).toISOString(), title: exact(at) }, clock(at))

const channelMark = code => el("span", { title: channel(code) }, icon(channelDrawing(code)), el("span", { class: "vh" }, channel(code)))

// A reference to a link is a mark, never an address: nobody at the desk should open a customer's link.
function linked(text) {
  return text.split(/(\{link:[0-9a-f]{16}\})/).map(part => (/^\{link:/.test(part) ? el("span", { class: "linkchip" }, t("desk.event.link.chip")) : part))
}
