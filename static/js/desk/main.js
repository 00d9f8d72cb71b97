// The agent desktop: joins the line, the list, the open session, its pack and the composer. The address holds what is open
// (#/s/ID), so that back, forward and reload do what they say.

import { $, el, icon } from "./dom.js"
import { count, rich, t } from "./words.js"
import { get, post } from "./api.js"
import { Composer } from "./composer.js"
import { Inbox, QUEUES, who } from "./inbox.js"
import { Line } from "./line.js"
import { Talk } from "./talk.js"
import { human, knownText } from "./facts.js"
import { ask, reason } from "./dialogs.js"
import { listen } from "./keys.js"
import { draw as drawPack } from "./pack.js"

const boot = JSON.parse($("boot").textContent)
const IDLE_POLL = 5000, PACK_SOON = 250

class Desk {
  constructor() {
    const { me, csrf } = boot
    this.agents = new Map([[me.id, me.name]])
    const names = { owner: (owner, name) => this.ownerName(owner, name), team: id => human(id), open: (id, text) => el("a", { href: `#/s/${id}` }, text), evidence: seq => this.facts?.evidence?.find(one => one.seq === seq) }
    this.names = names
    this.inbox = new Inbox({ done: one => this.callback(one), waiting: n => this.toast(count("desk.fresh", n)) }, me)
    this.talk = new Talk({ resend: (id, button) => this.resend(id, button), reached: seq => this.line.reached(seq), edit: item => this.edit(item) }, names)
    this.composer = new Composer({ send: (mode, text) => this.send(mode, text), typing: on => this.line.typing(on) }, me)
    this.line = new Line({ me: me.id, csrf, hear: {
      event: (event, session) => this.heard(event, session),
      sent: (event, session) => this.heard(event, session),
      outbox: item => this.outbox(item),
      typing: frame => this.typing(frame),
      presence: frame => this.presence(frame),
      state: state => this.state(state),
      gone: status => { if (status === 401) location.assign(boot.login) },
    } })
  }

  start() {
    this.buttons()
    this.keys()
    addEventListener("hashchange", () => this.route())
    document.addEventListener("visibilitychange", () => { if (!document.hidden) { this.inbox.refresh(); this.read() } })
    addEventListener("pagehide", () => this.focus("left"))
    this.line.start()
    this.inbox.refresh()
    this.route()
    // Without a socket nothing tells of the other sessions: the list is asked for.
    setInterval(() => { if (!this.line.pushed && navigator.onLine) this.inbox.refresh() }, IDLE_POLL)
  }

  // ---- where we are

  route() {
    const id = /^#\/s\/([0-9a-f-]{36})$/.exec(location.hash)?.[1] || ""
    if (id === this.session) return
    if (this.session) this.focus("left")
    this.session = id
    this.inbox.select(id)
    document.body.dataset.pane = id ? "talk" : "list"
    $("open").hidden = !id
    $("nothing").hidden = Boolean(id)
    document.body.dataset.pack = ""
    if (id) this.open(id)
    else this.shut()
  }

  async open(id) {
    Object.assign(this, { row: this.inbox.row(id), pack: null, facts: null, here: false })
    drawPack(null)
    this.strip("")
    this.head()
    this.composer.open(id)
    this.composer.knows([])
    if (this.row) this.composer.fit(this.row, "")
    try {
      const facts = await get(`/desk/api/sessions/${id}`)
      if (this.session !== id) return
      this.take(facts)
      await this.talk.open(id, facts.session.agent_seen)
    } catch (error) {
      if (this.session === id) this.failed(error)
      return
    }
    if (this.session !== id) return
    this.talk.waiting(this.line.waiting(id))
    this.line.follow(id, this.talk.reached())
    $("who").focus({ preventScroll: true })
    this.focus("opened")
    this.read()
  }

  shut() {
    this.line.follow("", 0)
    this.talk.close()
    this.row = null
    drawPack(null)
    $("cards").replaceChildren()
  }

  failed(error) {
    $("log-loading").hidden = true
    this.strip(error.status === 404 ? t("desk.wrong.not-found") : reason(error), () => { const id = this.session; this.session = ""; location.hash = `#/s/${id}`; this.route() })
  }

  // ---- what the line says

  heard(event, session) {
    this.inbox.stir()
    if (session !== this.session) return
    this.talk.take(event)
    this.talk.waiting(this.line.waiting(session))
    if (event.kind === "message" && event.actor.kind === "customer") this.talk.typed(null)
    if (event.kind !== "focus" && event.kind !== "seen") this.repack()
    if (event.kind === "message") this.read()
  }

  outbox(item) {
    if (item.session === this.session) this.talk.waiting(this.line.waiting(item.session))
    if (item.state === "failed" && item.session === this.session) this.refused(item)
  }

  // A refusal keeps the words: they go back into the box, with what happened meanwhile.
  refused(item) {
    this.line.discard(item.key)
    const { code, owner } = item.problem || {}
    const text = code === "stale-epoch" || code === "not-owner" ? t("desk.wrong.stale", { owner: this.ownerName(owner || "") || t("desk.wrong.someone") }) : reason({ code, message: item.problem?.detail || "" })
    this.composer.refused(text, item.body.text, item.kind === "note" ? "note" : "reply")
    this.refresh()
  }

  edit(item) {
    this.line.discard(item.key)
    this.composer.turn(item.kind === "note" ? "note" : "reply")
    this.composer.text.value = item.body.text
    this.composer.focus()
  }

  typing(frame) {
    if (frame.session === this.session && frame.actor?.kind !== "agent") this.talk.typed(frame)
  }

  presence(frame) {
    if (frame.session !== this.session || frame.actor?.kind !== "customer") return
    this.here = frame.on
    this.head()
  }

  state(state) {
    const line = $("line")
    line.dataset.state = state === "online" ? "live" : state
    line.querySelector("span").textContent = t(`desk.line.${line.dataset.state}`)
    // A connection that was away may have missed what only the list shows.
    if (state === "online") { this.inbox.refresh(); if (this.session && this.pack) this.repack() }
  }

  // ---- the session's row and pack

  refresh() {
    this.inbox.refresh()
    this.repack()
  }

  repack() {
    if (this.packing) return
    this.packing = setTimeout(async () => {
      this.packing = 0
      const id = this.session
      if (!id) return
      try {
        const facts = await get(`/desk/api/sessions/${id}`)
        if (this.session === id) this.take(facts)
      } catch { /* the next event, or the line's return, asks again */ }
    }, PACK_SOON)
  }

  take(facts) {
    Object.assign(this, { facts, row: facts.session, pack: facts.pack })
    for (const { id, name } of facts.agents) this.agents.set(id, name)
    drawPack(this.pack, this.names)
    this.composer.knows(this.pack.given)
    this.fit()
  }

  fit() {
    if (!this.session || !this.row) return
    this.head()
    this.composer.fit(this.row, this.row.channel === "sms" ? this.row.customer.address : "")
  }

  head() {
    const { row } = this
    $("here").hidden = !row || !this.here
    $("who").textContent = row ? who(row) : t("desk.loading")
    if (!row) return $("badges").replaceChildren()
    const closed = row.status === "closed", mine = row.owner === `agent:${boot.me.id}`
    $("badges").replaceChildren(...[
      el("span", { class: `chip t${this.pack ? this.pack.known.tier : row.tier}` }, icon("shield"), knownText(this.pack?.known || row)),
      (closed || !mine) && el("span", { class: "chip" }, row.status === "closed" ? t("desk.owner.closed") : this.ownerName(row.owner, row.owner_name)),
    ].filter(Boolean))
    this.button("accept").hidden = closed || mine
    this.button("accept").firstChild.textContent = `${t(row.owner.startsWith("queue:") ? "desk.accept" : "desk.take")} `
    this.button("return").hidden = closed || !mine || !this.facts?.can_return
    this.button("transfer").hidden = closed || !mine
    this.button("close").hidden = closed || !mine
  }

  ownerName(owner, name) {
    const [kind, id] = owner.split(":")
    if (kind === "agent") return id === boot.me.id ? t("desk.you") : this.agents.get(id) || name || t("desk.actor.agent")
    if (kind === "queue" || kind === "desk") return human(id)
    return kind ? t(`desk.owner.${kind}`) : ""
  }

  strip(text, again) {
    const strip = $("strip")
    strip.hidden = !text
    strip.replaceChildren(text || "")
    if (again) strip.append(" ", el("button", { type: "button", class: "plain", onclick: again }, t("desk.again")))
  }

  // ---- what an agent does

  send(mode, text) {
    this.line.send(mode === "note" ? "note" : "message", { text }, { session: this.session, epoch: mode === "note" ? null : this.row.epoch })
    this.talk.down()
  }

  act(verb, facts = {}, key = crypto.randomUUID()) {
    const { id, epoch } = this.row
    return post(`/desk/api/sessions/${id}/${verb}`, { key, epoch, ...facts }).then(facts => {
      if (this.session === id) this.take(facts)
      this.inbox.refresh()
    })
  }

  // Accepting needs no question; when another was faster, the strip says who.
  async accept() {
    if (this.button("accept").hidden || this.accepting) return
    this.accepting = true
    try {
      await this.act("accept")
      this.inbox.show("mine")
      this.composer.turn("reply", true)
    } catch (error) {
      const owner = error.facts?.owner
      this.strip(owner ? t("desk.wrong.taken", { owner: this.ownerName(owner) }) : reason(error))
      this.refresh()
    }
    this.accepting = false
  }

  ask(verb) {
    if (!this.row || this.button(verb).hidden) return
    if (verb === "transfer") ask("transfer", (form, key) => this.act("transfer", { to: form.get("to"), why: form.get("why") }, key), dialog => this.destinations(dialog))
    if (verb === "return") ask("return", (_, key) => this.act("return", {}, key), dialog => this.goesOn(dialog))
    if (verb === "close") ask("close", (form, key) => this.act("close", { disposition: form.get("disposition") }, key), dialog => this.owed(dialog))
  }

  destinations(dialog) {
    const [teams, agents] = dialog.querySelectorAll("optgroup")
    const option = (value, text) => value !== this.row.owner && el("option", { value }, text)
    teams.replaceChildren(...this.facts.teams.map(team => option(`queue:${team}`, human(team))).filter(Boolean))
    agents.replaceChildren(...this.facts.agents.map(({ id, name }) => option(`agent:${id}`, name)).filter(Boolean))
  }

  goesOn(dialog) {
    const step = this.pack?.promised.find(one => one.what === "step")
    dialog.querySelector("#return-text").replaceChildren(...rich(step ? "desk.return.then" : "desk.return.text", { step: el("b", { dir: "auto" }, step?.label || "") }))
  }

  owed(dialog) {
    const calls = this.pack?.promised.filter(one => one.what === "callback") || []
    const note = dialog.querySelector("#close-owed")
    note.hidden = !calls.length
    note.textContent = t("desk.close.owed")
  }

  callback(one) {
    ask("callback", async (form, key) => {
      await post(`/desk/api/callbacks/${one.id}/done`, { key, outcome: form.get("outcome") })
      await this.inbox.refresh()
      if (one.session === this.session) this.repack()
    }, dialog => { dialog.querySelector("#callback-text").textContent = [one.name, one.phone, one.topic].filter(Boolean).join(" · ") })
  }

  async resend(delivery, button) {
    button.disabled = true
    try {
      await post(`/desk/api/deliveries/${delivery}/resend`, { key: crypto.randomUUID() })
      this.toast(t("desk.resent"))
    } catch (error) {
      button.disabled = false
      this.toast(reason(error))
    }
  }

  // That an agent looks, and how far they have read. Losing one costs nothing.
  focus(state) {
    const shut = state === "opened" && this.row?.status === "closed"
    if (!this.session || shut || (state === "left") !== (this.focused === this.session)) return
    this.focused = state === "opened" ? this.session : ""
    post(`/desk/api/sessions/${this.session}/focus`, { key: crypto.randomUUID(), state }).catch(() => {})
  }

  read() {
    const { session } = this, seq = this.talk.last
    if (!session || document.hidden || !seq || this.row?.status === "closed" || (this.readUp?.session === session && this.readUp.seq >= seq)) return
    clearTimeout(this.reading)
    this.reading = setTimeout(() => {
      if (this.session !== session) return
      this.readUp = { session, seq }
      this.line.post(session, { key: `seen-${boot.me.id}-${seq}`, kind: "seen", body: { seq } }).then(() => this.inbox.stir()).catch(() => {})
    }, 700)
  }

  toast(text) {
    const toast = el("p", { class: "toast" }, text)
    $("toasts").append(toast)
    setTimeout(() => toast.remove(), 6000)
  }

  // ---- buttons and keys

  button(verb) { return document.querySelector(`.tools [data-do=${verb}]`) }

  buttons() {
    const acts = { help: () => this.help(), back: () => this.back(), accept: () => this.accept(), pack: () => this.togglePack(), transfer: () => this.ask("transfer"), return: () => this.ask("return"), close: () => this.ask("close") }
    document.addEventListener("click", event => acts[event.target.closest("[data-do]")?.dataset.do]?.())
  }

  keys() {
    const queues = Object.fromEntries(QUEUES.map((queue, at) => [String(at + 1), () => this.inbox.show(queue)]))
    listen({
      ...queues,
      j: () => this.inbox.move(1), k: () => this.inbox.move(-1),
      r: () => this.session && this.composer.turn("reply", true), n: () => this.session && this.composer.turn("note", true),
      a: () => this.accept(), u: () => this.ask("return"), t: () => this.ask("transfer"), e: () => this.ask("close"), c: () => this.togglePack(),
      "/": () => $("search").focus(), "?": () => this.help(),
      Escape: event => this.escape(event),
    })
  }

  help() { ask("help", async () => {}) }

  escape({ target }) {
    if (document.body.dataset.pack === "open") return this.togglePack()
    if (target === $("search") && target.value) { target.value = ""; return target.dispatchEvent(new Event("input")) }
    if (target.matches?.("input, textarea")) return target.blur()
    this.back()
  }

  back() {
    if (!this.session) return
    const id = this.session
    location.hash = ""
    this.route()
    document.querySelector(`a.row[href="#/s/${id}"]`)?.focus()
  }

  togglePack() {
    const open = document.body.dataset.pack !== "open"
    document.body.dataset.pack = open ? "open" : ""
    const toggle = document.querySelector(".pack-toggle")
    toggle.setAttribute("aria-expanded", String(open))
    if (getComputedStyle(toggle).display === "none") return
    if (open) document.querySelector(".pack .back").focus()
    else toggle.focus()
  }
}

new Desk().start()
