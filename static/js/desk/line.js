// The desk's live line: the shared feed, with many sessions instead of one. The socket pushes every event of the site ("*")
// for the inbox, and the open session's by its own cursor; without a socket the open session is read alone and the inbox
// is asked again now and then. What an agent writes carries the session and the owner's epoch it was written under.

import { Feed, jitter } from "../feed.js"

export class Line extends Feed {
  constructor({ me, csrf, hear }) {
    super({ after: { "*": "" }, headers: () => ({ "x-csrf": csrf }), hello: () => ({}), hear, box: `desk:${me}` })
  }

  // The session on screen: the one that is read by seq, and the only one typing is sent for.
  get session() { return this.shown }

  start() {
    super.start()
    this.run()
  }

  get pushed() { return Boolean(this.push) }

  follow(session, seq) {
    this.shown = session
    this.typed = 0
    this.after = { "*": "", ...(session && { [session]: seq }) }
    if (this.push) { if (session) this.push({ type: "subscribe", after: { [session]: seq } }) }
    else if (this.cut && !this.ping) this.cut()
  }

  // How far the open session was read without a gap: where a new connection goes on.
  reached(seq) { if (this.shown) this.after[this.shown] = seq }

  stream() { return this.shown ? super.stream() : this.idle() }
  poll() { return this.shown ? super.poll() : this.idle() }

  // No session to read and no socket: be asked again soon, so that a socket is tried.
  async idle() {
    this.welcome()
    await this.nap(5000)
  }

  // The timeline keeps events by seq and knows which it has: everything is handed on.
  apply(event, session) {
    this.drop(event.key)
    this.call("event", event, session)
  }

  // ---- writing

  send(kind, body, { session, epoch }) {
    const item = { key: crypto.randomUUID(), kind, body, session, epoch, at: new Date().toISOString(), state: "sending" }
    this.items.push(item)
    this.keep(item)
    this.call("outbox", item)
    this.flush()
    return item
  }

  // What was refused goes out again under the epoch of now, by the agent's own choice.
  again(key, epoch) {
    const item = this.items.find(one => one.key === key)
    if (item) Object.assign(item, { epoch, problem: undefined })
    this.retry(key)
  }

  discard(key) {
    const item = this.items.find(one => one.key === key)
    this.drop(key)
    if (item) this.call("outbox", { ...item, state: "gone" })
  }

  async flush() {
    if (this.flushing) return
    this.flushing = true
    for (let item, tries = 0; this.on && (item = this.items.find(one => one.state === "sending"));) {
      try {
        const answer = await this.post(item.session, item)
        const facts = await answer.json().catch(() => ({}))
        if (answer.ok) {
          this.drop(item.key)
          this.call("sent", facts, item.session)
          tries = 0
        } else if (answer.status === 429 || answer.status > 499) {
          await this.nap(1000 * answer.headers.get("retry-after") || jitter(tries++))
        } else {
          Object.assign(item, { state: "failed", problem: facts })
          this.keep(item)
          this.call("outbox", item)
          if (answer.status === 401) this.call("gone", 401)
        }
      } catch { await this.nap(jitter(tries++)) }
    }
    this.flushing = false
  }

  post(session, { key, kind, body, epoch }) {
    const wire = epoch === undefined || epoch === null ? { key, kind, body } : { key, kind, body, epoch }
    return fetch(this.where(session), { method: "POST", headers: { ...this.headers(), "content-type": "application/json" }, body: JSON.stringify(wire) })
  }

  waiting(session) { return this.items.filter(item => item.session === session) }
}
