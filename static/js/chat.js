// The conversation: bubbles and composer, the same in a disposable app's page and in the widget's panel. It draws events;
// texts of people only ever become text nodes. The markup it takes over is templates/parts/thread.html.

import { Feed, stored } from "./feed.js"

export const make = (name, kind, text) => {
  const node = document.createElement(name)
  if (kind) node.className = kind
  if (text) node.textContent = text
  return node
}
const LINK = /\{link:[0-9a-f]{16}\}/g

export class Chat {
  // root: holds .log, .under and .composer · words · events: what is known so far, oldest first · lang · site: its name ·
  // feed: options of Feed · flow(): a flow has the word again · heard(event): after an event was drawn, if it was new ·
  // awake(): whether somebody looks at it
  constructor(root, { words, events = [], lang, site, feed, flow, heard, awake = () => true }) {
    Object.assign(this, { root, words, lang, site, flow, heard, awake, events: [], sessions: [], known: new Set(), read: 0, got: 0 })
    this.log = root.querySelector(".log")
    this.under = root.querySelector(".under")
    this.form = root.querySelector(".composer")
    this.text = this.form.querySelector("textarea")
    root.classList.add("live")
    this.furnish()
    this.feed = new Feed({ ...feed, hear: {
      event: (event, session) => this.add(event, session, true),
      sent: (event, session) => this.add(event, session),
      outbox: () => this.drawOutbox(true),
      typing: frame => this.showTyping(frame),
      state: state => this.showState(state),
      gone: status => this.showState("gone", status),
      ...feed.hear,
    } })
    this.fill(events)
    this.restore()
    this.feed.start()
    this.look()
  }

  // Another conversation may take over the same markup: this one must no longer hear a key.
  stop() {
    this.life.abort()
    this.feed.stop()
  }

  say(key, values = {}) { return (this.words[key] || "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole) }

  // ---- the log

  fill(events) {
    // What was there before is not news: a screen reader is not told all of it.
    this.log.setAttribute("aria-live", "off")
    this.log.replaceChildren()
    this.last = this.day = this.speaker = 0
    for (const event of events) this.add(event, event.session)
    this.drawOutbox()
    this.down(true)
    setTimeout(() => this.log.setAttribute("aria-live", "polite"), 500)
  }

  add(event, session, news) {
    if (this.known.has(event.id)) return
    this.known.add(event.id)
    // Sessions follow each other as they came; within one, the number orders.
    if (!this.sessions.includes(session)) this.sessions.push(session)
    event.rank = this.sessions.indexOf(session) * 1e9 + event.seq
    const late = this.events.length && event.rank < this.events[this.events.length - 1].rank
    this.events.push(event)
    const near = this.near()
    this.log.querySelector(`[data-key="${event.key}"]`)?.remove()
    if (late) {
      // Our own message came back before an earlier one of theirs arrived.
      const all = this.events.sort((a, b) => a.rank - b.rank)
      this.log.replaceChildren()
      this.day = this.speaker = 0
      for (const one of all) this.draw(one)
      this.drawOutbox()
    } else this.draw(event)
    this.drawMarks()
    if (near || event.actor.kind == "customer") this.down()
    if (event.actor.kind == "agent") this.showTyping({ on: false })
    if (news && this.heard) this.heard(event)
    if (news && this.turn) {
      this.turn = false
      this.flow()
    }
    if (news) this.look()
  }

  // Tells how far somebody has read.
  look() {
    const last = this.events.findLast(event => event.kind == "message" && event.actor.kind != "customer")
    if (last && this.awake()) this.feed.seen(last.seq)
  }

  draw(event) {
    const way = `on_${event.kind.replace(".", "_")}`
    if (this[way]) this[way](event.body || {}, event)
  }

  on_message(body, event) {
    // The address of a link is in the text on the phone alone; here stands where to find it, never the raw reference.
    const text = this.said = (body.text || "").replace(LINK, () => this.say("chat.link"))
    const line = this.line(event, event.actor.kind == "customer")
    line.append(this.bubble(text))
    if (body.prompt?.cards) this.more(more => more.cards(this, line, body.prompt))
  }

  // What only a flow's prompts need is fetched when the first of them comes.
  more(draw) { import("./prompt.js").then(draw, () => this.asked = 0) }

  on_run_answered(body, event) {
    // A yes is kept as true: its word is the reader's.
    const said = typeof body.value == "boolean" && /^(yes|no)$/.test(body.given) ? this.say(`step.${body.given}`) : body.label
    // What was just written in the same words needs no saying twice.
    if (said && said != this.said) this.line(event, true).append(this.bubble(said, "chip"))
  }

  on_run_ended(body, event) { if (body.text) this.line(event, false).append(this.bubble(body.text)) }

  on_file(body, event) { this.line(event, event.actor.kind == "customer").append(this.bubble(body.name)) }

  on_owner({ owner, name }, event) {
    if (owner == "agent") {
      const lead = this.root.querySelector(".lead")
      if (lead) lead.textContent = this.say("chat.with", { name: name || this.site })
      this.fact(event, this.say("chat.joined", { name: name || this.site }))
    }
    if (owner == "queue" && this.holder != owner) this.fact(event, this.say("chat.queued"))
    if (owner == "flow" && this.flow && this.holder && this.holder != owner) this.turn = true
    this.holder = owner
  }

  on_callback(body, event) {
    this.fact(event, this.say(body.state == "requested" ? "chat.promise" : `chat.promise_${body.state}`, { time: this.when(body.due || event.at) }))
  }

  // Where no new session can be opened, there is nothing more to write.
  on_session_closed(body, event) {
    this.fact(event, this.say("chat.ended"))
    this.form.hidden = !this.feed.open
  }

  on_receipt(body) {
    if (body.status == "delivered") this.got = Math.max(this.got, body.of)
    if (body.status == "read") this.read = Math.max(this.read, body.of)
  }

  on_seen(body, event) { if (event.actor.kind == "agent") this.read = Math.max(this.read, body.seq) }

  // ---- its pieces

  line(event, mine) {
    this.newDay(event.at)
    const line = make("div", mine ? "mine" : "")
    const name = event.actor.kind == "agent" ? event.actor.name || this.site : this.site
    const speaker = mine ? "" : name
    if (mine) line.append(make("span", "vh", this.say("chat.you")))
    else if (speaker != this.speaker) line.append(make("span", "who", `\u2068${name}\u2069 · \u2068${this.clock(event.at)}\u2069`))
    this.speaker = mine ? 0 : speaker
    line.dataset.seq = event.seq
    this.put(line)
    return line
  }

  bubble(text, more = "") {
    const bubble = make("div", `bubble ${more}`, text)
    bubble.dir = "auto"
    return bubble
  }

  fact(event, text) {
    this.newDay(event.at)
    this.speaker = 0
    this.put(make("div", "fact", text))
  }

  newDay(at) {
    const date = new Date(at), day = date.toDateString()
    if (day == this.day) return
    this.day = day
    this.speaker = 0
    const ago = Math.round((new Date().setHours(12, 0, 0, 0) - new Date(at).setHours(12, 0, 0, 0)) / 864e5)
    this.put(make("div", "day", ago == 0 ? this.say("chat.today") : ago == 1 ? this.say("chat.yesterday") : date.toLocaleDateString(this.lang, { weekday: "long", day: "numeric", month: "long" })))
  }

  put(line) { this.log.insertBefore(line, this.log.querySelector(".unsent")) }

  clock(at) { return new Date(at).toLocaleTimeString(this.lang, { timeStyle: "short" }) }

  when(at) {
    const date = new Date(at)
    return date.toDateString() == new Date().toDateString() ? this.clock(at) : date.toLocaleString(this.lang, { dateStyle: "medium", timeStyle: "short" })
  }

  near() { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 120 }

  down() { this.log.scrollTop = this.log.scrollHeight }

  // ---- what waits, and how far the last one got

  drawOutbox(mine) {
    this.log.querySelectorAll(".unsent").forEach(line => line.remove())
    for (const { key, kind, body, state } of this.feed.items) {
      if (kind != "message") continue
      const line = make("div", `mine unsent ${state}`), mark = make("span", "state", this.say(state == "failed" ? "chat.failed" : "chat.sending"))
      line.dataset.key = key
      if (state == "failed") {
        const again = make("button", "", this.say("chat.retry"))
        again.type = "button"
        again.onclick = () => this.feed.retry(key)
        mark.append(" ", again)
      }
      line.append(make("span", "vh", this.say("chat.you")), this.bubble(body.text), mark)
      this.log.append(line)
    }
    this.drawMarks()
    if (mine) this.down()
  }

  drawMarks() {
    this.log.querySelectorAll(".mine:not(.unsent) .state").forEach(mark => mark.remove())
    const own = [...this.log.querySelectorAll("[data-seq]")].pop()
    if (own && own.classList.contains("mine") && !this.feed.items.length) {
      const seq = +own.dataset.seq
      own.append(make("span", "state", this.say(seq <= this.read ? "chat.read" : seq <= this.got ? "chat.delivered" : "chat.sent")))
    }
    this.drawQuick()
  }

  // What the newest prompt offers, below the log: only while it is the last thing said.
  drawQuick() {
    const last = this.events.findLast(event => /^(message|run\.|owner|session\.closed)/.test(event.kind))
    const prompt = !this.feed.items.length && last?.body?.prompt
    if (prompt == this.asked) return
    this.asked = prompt
    this.quick.replaceChildren()
    this.text.inputMode = ""
    if (prompt) this.more(more => more.ask(this, prompt))
  }

  // ---- below the log

  furnish() {
    this.quick = make("div", "quick")
    this.dots = make("p", "typing")
    this.net = make("p", "net")
    this.dots.setAttribute("role", "status")
    this.net.setAttribute("role", "status")
    this.net.hidden = true
    this.under.replaceChildren(this.quick, this.dots, this.net)
    const { signal } = this.life = new AbortController(), on = (target, name, act) => target.addEventListener(name, act, { signal })
    on(this.form, "submit", event => { event.preventDefault(); event.stopPropagation(); this.submit() })
    on(this.text, "keydown", event => {
      // While an input method composes, Enter chooses a candidate.
      if (event.key != "Enter" || event.shiftKey || event.isComposing) return
      event.preventDefault()
      this.submit()
    })
    on(this.text, "input", () => {
      this.grow()
      this.draft(this.text.value)
      this.feed.typing(!!this.text.value)
    })
    on(document, "visibilitychange", () => this.look())
  }

  submit() {
    const text = this.text.value.trim()
    if (!text) return this.text.focus()
    this.text.value = ""
    this.draft("")
    this.grow()
    this.feed.typing(false)
    this.feed.send("message", { text })
    this.text.focus()
  }

  grow() {
    this.text.style.height = "auto"
    this.text.style.height = `${this.text.scrollHeight}px`
  }

  // What is half written survives a reload too, where the browser keeps anything at all.
  draft(text) { stored(box => text ? box.setItem(this.feed.prefix + "draft", text) : box.removeItem(this.feed.prefix + "draft")) }

  restore() {
    this.text.value ||= stored(box => box.getItem(this.feed.prefix + "draft")) || ""
    if (this.text.value) this.grow()
  }

  showTyping({ on, actor }) {
    clearTimeout(this.silence)
    this.dots.replaceChildren()
    if (!on || actor?.kind == "customer") return
    const dots = make("span", "dots")
    dots.setAttribute("aria-hidden", "true")
    dots.append(make("i"), make("i"), make("i"))
    this.dots.append(dots, this.say("chat.typing", { name: actor?.name || this.site }))
    this.silence = setTimeout(() => this.showTyping({ on: false }), 6000)
  }

  showState(state) {
    // A short gap is not worth a word; a lasting one is.
    clearTimeout(this.gap)
    const text = { offline: "chat.offline", connecting: "chat.connecting", gone: "link.away" }[state]
    if (!text) return this.net.hidden = true
    this.gap = setTimeout(() => {
      this.net.hidden = false
      this.net.textContent = this.say(text)
    }, state == "connecting" ? 1500 : 0)
  }
}
