// The list: one queue at a time, filtered by what is typed, moved through by keys. Rows come whole from the server; an event
// on the line only says that they should be asked for again.

import { $, el, icon, reconcile } from "./dom.js"
import { has, named, t } from "./words.js"
import { clock, lasting, ms, stamp, towards } from "./time.js"
import { get } from "./api.js"
import { drawing, human, knownText, why } from "./facts.js"

export const QUEUES = ["waiting", "mine", "open", "callbacks", "closed"]
const LONG = 60_000, VERY = 300_000, SOON = 250, MOST = 1000

export class Inbox {
  // hear: { done(callback), waiting(more) }
  constructor(hear, me) {
    Object.assign(this, { hear, me, queue: "waiting", kept: {}, callbacks: [], counts: {}, filter: "", current: "" })
    this.list = $("rows")
    $("search").addEventListener("input", event => { this.filter = event.target.value.trim().toLowerCase(); this.draw() })
    for (const button of document.querySelectorAll("[data-queue]")) button.addEventListener("click", () => this.show(button.dataset.queue))
    setInterval(() => this.tick(), 1000)
  }

  // What a queue held last shows at once; what it holds now follows.
  show(queue) {
    this.queue = queue
    this.list.scrollTop = 0
    this.draw()
    this.refresh()
  }

  // Many events in a moment are one question; a busy site is asked once a second at most.
  stir() {
    if (this.pending) return
    const since = Date.now() - (this.asked || 0)
    this.pending = setTimeout(() => { this.pending = 0; this.refresh() }, Math.max(SOON, MOST - since))
  }

  async refresh() {
    if (this.asking) { this.askAgain = true; return }
    this.asking = true
    this.asked = Date.now()
    try {
      const queue = this.queue === "callbacks" ? "waiting" : this.queue
      const { view, sessions, callbacks, counts } = await get(`/desk/api/inbox?view=${queue}`)
      const before = this.counts.waiting
      this.kept[view] = sessions
      Object.assign(this, { callbacks, counts: { ...counts, callbacks: callbacks.length }, failed: false })
      if (before !== undefined && counts.waiting > before && this.queue !== "waiting") this.hear.waiting(counts.waiting)
    } catch {
      this.failed = true
    }
    this.asking = false
    this.draw()
    if (this.askAgain) { this.askAgain = false; this.stir() }
  }

  get loaded() { return Boolean(this.kept[this.queue === "callbacks" ? "waiting" : this.queue]) }

  row(id) { return Object.values(this.kept).flat().find(row => row.id === id) }

  select(id) {
    this.current = id
    this.draw()
  }

  // j and k: the focus moves along the rows, from the open one if none has it.
  move(by) {
    const links = [...this.list.querySelectorAll("a.row")]
    const at = links.indexOf(document.activeElement)
    const from = at >= 0 ? at : links.findIndex(link => link.hasAttribute("aria-current"))
    const next = links[from < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, from + by))]
    next?.focus()
    next?.scrollIntoView({ block: "nearest" })
  }

  get shown() {
    if (this.queue === "callbacks") return this.callbacks.filter(one => this.matches(one.name, one.phone, one.topic))
    return (this.kept[this.queue] || []).filter(row => this.matches(row.customer.name, row.customer.address, row.why, row.preview, row.team))
  }

  matches(...texts) { return !this.filter || texts.some(text => text && text.toLowerCase().includes(this.filter)) }

  draw() {
    for (const button of document.querySelectorAll("[data-queue]")) {
      if (button.dataset.queue === this.queue) button.setAttribute("aria-current", "true")
      else button.removeAttribute("aria-current")
    }
    $("queue-title").textContent = t(`desk.queue.${this.queue}`)
    this.drawCounts()
    const shown = this.shown
    this.list.setAttribute("aria-busy", String(!this.loaded && !this.failed))
    reconcile(this.list, shown.map(one => (this.queue === "callbacks" ? this.callback(one) : this.session(one))))
    this.drawEmpty(shown)
    this.tick()
  }

  drawCounts() {
    for (const node of document.querySelectorAll("[data-count]")) {
      const n = this.counts[node.dataset.count] || 0
      node.textContent = n ? String(n) : ""
      node.classList.toggle("hot", node.dataset.count === "waiting" && n > 0)
    }
    document.title = `${this.counts.waiting ? `(${this.counts.waiting}) ` : ""}${t("desk.title")}`
  }

  drawEmpty(shown) {
    const box = $("list-empty"), [big, small] = box.children
    box.hidden = shown.length > 0 || (!this.loaded && !this.failed)
    if (box.hidden) return
    const key = this.failed && !this.loaded ? "desk.empty.failed" : this.filter ? "desk.empty.filter" : `desk.empty.${this.queue}`
    big.textContent = t(`${key}.title`)
    small.textContent = t(`${key}.text`)
  }

  session(row) {
    const mark = JSON.stringify([row, row.id === this.current])
    return { key: row.id, mark, draw: () => el("li", {}, this.link(row)) }
  }

  link(row) {
    const waiting = row.owner.startsWith("queue:") && row.waiting_since
    return el("a", { class: `row${row.unseen ? " unseen" : ""}${row.unread ? " unread" : ""}`, href: `#/s/${row.id}`, "aria-current": row.id === this.current && "true" },
      el("span", { class: "name" }, icon(drawing(row.channel)), el("b", { dir: "auto" }, who(row)),
        row.unseen && el("span", { class: "vh" }, t("desk.unread"))),
      waiting ? el("span", { class: "wait", "data-since": ms(row.waiting_since), title: t("desk.waiting") }) : el("time", {}, stamp(row.last_at)),
      row.why && row.status !== "closed" && el("span", { class: "why", dir: "auto" }, why(row.why)),
      el("span", { class: "gist", dir: "auto" }, row.status === "closed" && row.disposition ? named(`desk.disposition.${row.disposition}`) : gist(row)),
      el("span", { class: "foot" },
        el("span", { class: `chip t${row.tier}` }, icon("shield"), knownText(row)),
        this.queue !== "mine" && row.status !== "closed" && el("span", { class: "chip" }, this.owner(row))))
  }

  owner(row) {
    if (row.owner === `agent:${this.me.id}`) return t("desk.you")
    return row.owner.startsWith("queue:") ? human(row.team) : row.owner_name || t(`desk.owner.${row.owner.split(":")[0]}`)
  }

  callback(one) {
    return {
      key: one.id, mark: JSON.stringify(one),
      draw: () => el("li", { class: "row callback" },
        el("span", { class: "name" }, icon("callback"), el("b", { dir: "auto" }, one.name || t("desk.nobody"))),
        el("time", { "data-due": ms(one.due) }, clock(one.due)),
        one.topic && el("span", { class: "why", dir: "auto" }, one.topic),
        el("span", { class: "gist" }, el("bdi", {}, one.phone || t("desk.callback.nophone"))),
        el("span", { class: "act" },
          el("a", { class: "plain", href: `#/s/${one.session}` }, t("desk.callback.open")),
          el("button", { type: "button", class: "solid", onclick: () => this.hear.done(one) }, t("desk.callback.done")))),
    }
  }

  // Waiting times run without redrawing a row.
  tick() {
    const now = Date.now()
    for (const node of this.list.querySelectorAll("[data-since]")) {
      const since = Number(node.dataset.since)
      node.textContent = lasting(since, now)
      node.classList.toggle("long", now - since > LONG)
      node.classList.toggle("very", now - since > VERY)
    }
    for (const node of this.list.querySelectorAll("[data-due]")) {
      const due = Number(node.dataset.due)
      node.textContent = `${clock(due)} · ${towards(due, now)}`
      node.classList.toggle("wait", due < now)
      node.classList.toggle("very", due < now)
    }
  }
}

// A customer by name, else by address.
export const who = ({ customer }) => customer.name || customer.address || t("desk.nobody")

function gist(row) {
  if (!row.preview) return t("desk.gist.none")
  return (has(`desk.gist.${row.preview_by}`) ? t(`desk.gist.${row.preview_by}`) : "") + row.preview.replace(/\{link:[0-9a-f]{16}\}/g, t("desk.event.link.chip"))
}
