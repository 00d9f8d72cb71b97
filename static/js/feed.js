// One customer's live feed and outbox. Reading and pushing are one operation, everything after seq N, over whichever way
// works: WebSocket, else server-sent events by fetch, else long poll. A push carries no truth: whatever is missed comes
// with the next read. What is written leaves from an outbox that survives a reload, each with a key of its own.

const WAYS = ["socket", "stream", "poll"]
const GONE = ["unauthenticated", "refused", "not-found"]
const QUIET = 25000, DEAD = 40000, LONGEST = 30000

// Full jitter: clients that lost the same server do not come back in step.
export const jitter = (tries, random = Math.random) => random() * Math.min(LONGEST, 500 * 2 ** tries)

// Storage may be refused, full or absent: then the outbox lives as long as the page.
export const stored = work => { try { return work(localStorage) } catch { return undefined } }

export class Feed {
  // after: {session: seq}, the cursor of every session read · headers(): what authorises a request · hello(): what does so
  // on the socket · open(stale): gives the session to write to, where there is none yet or the old one is closed · box: the
  // outbox's name in storage · hear: {event, sent, outbox, typing, presence, state, gone}, called as things happen
  constructor({ base = "", after = {}, headers = () => ({}), hello = headers, hear = {}, open, box = "" }) {
    Object.assign(this, { base, after, headers, hello, hear, open, way: 0, misses: 0, tries: 0, naps: new Set(), state: "" })
    this.prefix = `samethread:${box}:`
    this.items = this.load()
  }

  get session() { return Object.keys(this.after).find(id => id != "*") }

  start() {
    this.on = true
    for (const [target, name] of [[window, "online"], [window, "offline"], [document, "visibilitychange"]]) target.addEventListener(name, this)
    this.watch = setInterval(() => this.check(), 5000)
    if (this.session) this.run()
    this.flush()
  }

  stop() {
    this.on = false
    for (const [target, name] of [[window, "online"], [window, "offline"], [document, "visibilitychange"]]) target.removeEventListener(name, this)
    clearInterval(this.watch)
    if (this.cut) this.cut()
    this.rouse()
  }

  // The tab is shown or the network returns: try at once, from the best way down. A phone that slept holds a socket that
  // looks open and is not: it has three seconds to prove itself.
  handleEvent({ type }) {
    if (type == "offline") return this.tell("offline")
    if (type == "visibilitychange" && document.hidden) return
    this.tries = this.misses = 0
    if (this.state != "online") this.way = 0
    if (this.ping) {
      this.ping()
      this.heard = Math.min(this.heard, Date.now() - DEAD + 3000)
      setTimeout(() => this.check(), 3200)
    }
    this.rouse()
  }

  // ---- reading

  async run() {
    if (this.running) return
    this.running = true
    while (this.on) {
      this.welcomed = false
      this.pause = 0
      try { await this[WAYS[this.way]]() } catch (error) {
        if (error.gone) {
          this.call("gone", error.gone)
          this.stop()
          break
        }
      }
      this.cut = this.ping = 0
      if (!this.on) break
      this.tell(navigator.onLine ? "connecting" : "offline")
      if (this.welcomed) this.tries = this.misses = 0
      else if (++this.misses > 1) {
        this.misses = 0
        this.way = (this.way + 1) % WAYS.length
      }
      await this.nap(this.pause ? Math.random() * this.pause : jitter(this.tries++))
    }
    this.running = false
  }

  socket() {
    return new Promise(done => {
      const url = new URL(this.base + "/v1/live", location)
      url.protocol = url.protocol.replace("http", "ws")
      const socket = new WebSocket(url)
      const push = frame => { if (socket.readyState == 1) socket.send(JSON.stringify(frame)) }
      this.hearing()
      // The closing handshake of a dead line never ends: it is not waited for.
      this.cut = () => { socket.onmessage = null; socket.close(); done() }
      this.push = push
      this.ping = () => push({ type: "ping" })
      socket.onopen = () => push({ type: "hello", ...this.hello(), after: this.after })
      socket.onmessage = ({ data }) => { this.hearing(); this.take(JSON.parse(data)) }
      socket.onclose = socket.onerror = () => { this.push = 0; done() }
    })
  }

  async stream() {
    const answer = await this.read({ accept: "text/event-stream" }, "")
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    this.welcome()
    for (let text = "", part; !(part = await reader.read()).done;) {
      this.hearing()
      const blocks = (text + part.value).split("\n\n")
      text = blocks.pop()
      for (const block of blocks) {
        const data = block.split("\n").filter(line => line.startsWith("data:")).map(line => line.slice(5)).join("\n")
        if (data && /^event: ?event/m.test(block)) this.apply(JSON.parse(data), this.session)
      }
    }
  }

  async poll() {
    for (let wait = 0; this.on; wait = 20) {
      const page = await (await this.read({}, `&wait=${wait}`)).json()
      this.hearing()
      this.welcome()
      for (const event of page.events) this.apply(event, this.session)
      this.after[this.session] = Math.max(this.after[this.session], page.seq)
    }
  }

  async read(headers, more) {
    const stop = new AbortController()
    this.cut = () => stop.abort()
    this.hearing()
    const answer = await fetch(`${this.where(this.session)}?after=${this.after[this.session]}${more}`, { headers: { ...this.headers(), ...headers }, signal: stop.signal })
    if ([401, 403, 404, 410].includes(answer.status)) throw { gone: answer.status }
    if (!answer.ok) throw answer
    return answer
  }

  take(frame) {
    if (frame.type == "welcome") this.welcome()
    else if (frame.type == "event") this.apply(frame.event, frame.session)
    else if (frame.type == "bye") {
      this.pause = 1000 * (frame.retry_in || 1)
      if (GONE.includes(frame.reason)) {
        this.call("gone", 401)
        this.stop()
      } else this.cut()
    } else this.call(frame.type, frame)
  }

  apply(event, session) {
    if (event.seq <= this.after[session]) return
    this.after[session] = event.seq
    this.drop(event.key)
    this.call("event", event, session)
  }

  welcome() {
    this.welcomed = true
    this.tell("online")
    this.rouse()
  }

  hearing() {
    this.heard = Date.now()
    // A line may outlive a short loss of the network: then only what is heard on it tells that it is back.
    if (this.welcomed && navigator.onLine) this.tell("online")
  }

  check() {
    const quiet = Date.now() - this.heard
    if (this.cut && quiet > DEAD) this.cut()
    else if (this.ping && quiet > QUIET) this.ping()
  }

  // ---- writing

  // An event on its way: {key, kind, body, at, state: sending | failed}. It is gone from `items` once the server has it.
  send(kind, body) {
    const item = { key: crypto.randomUUID(), kind, body, at: new Date().toISOString(), state: "sending" }
    this.items.push(item)
    this.keep(item)
    this.call("outbox", item)
    this.flush()
    return item
  }

  retry(key) {
    const item = this.items.find(one => one.key == key)
    if (!item) return
    item.state = "sending"
    this.keep(item)
    this.call("outbox", item)
    this.flush()
  }

  // In order, one at a time; what the server refuses for good is marked and does not hold up the rest.
  async flush() {
    if (this.flushing) return
    this.flushing = true
    for (let item, tries = 0; this.on && (item = this.items.find(one => one.state == "sending"));) {
      try {
        const session = this.session || await this.open()
        if (!this.on) break
        if (!this.session) this.join(session)
        const answer = await this.post(session, item)
        if (answer.ok) {
          const event = await answer.json()
          this.drop(item.key)
          this.call("sent", event, session)
          tries = 0
        } else if (answer.status == 409 && this.open && /session-closed/.test((await answer.json()).type)) {
          delete this.after[session]
          this.join(await this.open(true))
        } else if (answer.status == 429 || answer.status > 499) {
          await this.nap(1000 * answer.headers.get("retry-after") || jitter(tries++))
        } else {
          item.state = "failed"
          this.keep(item)
          this.call("outbox", item)
        }
      } catch { await this.nap(jitter(tries++)) }
    }
    this.flushing = false
  }

  post(session, { key, kind, body }) {
    return fetch(this.where(session), { method: "POST", headers: { ...this.headers(), "content-type": "application/json" }, body: JSON.stringify({ key, kind, body }) })
  }

  // Another session to read and write: what comes of it is everything after `seq`.
  join(session, seq = 0) {
    this.after[session] ??= seq
    if (this.push) this.push({ type: "subscribe", after: { [session]: this.after[session] } })
    if (this.on) this.run()
  }

  // How far the customer has read. Only the newest matters, and losing one costs nothing.
  seen(seq) {
    if (!(seq > (this.saw || 0)) || document.hidden) return
    this.saw = seq
    clearTimeout(this.seeing)
    this.seeing = setTimeout(() => this.post(this.session, { key: `seen-${seq}`, kind: "seen", body: { seq } }).catch(() => {}), 800)
  }

  typing(on) {
    const now = Date.now()
    if (!this.push || !this.session || on && now - (this.typed || 0) < 3000 || !on && !this.typed) return
    this.typed = on && now
    this.push({ type: "typing", session: this.session, on })
  }

  // ---- small things

  where(session) { return `${this.base}/v1/sessions/${session}/events` }

  call(name, ...facts) { if (this.on && this.hear[name]) this.hear[name](...facts) }

  tell(state) {
    if (state == this.state) return
    this.state = state
    this.call("state", state)
  }

  nap(ms) {
    return new Promise(done => {
      const wake = () => { clearTimeout(timer); this.naps.delete(wake); done() }
      const timer = setTimeout(wake, ms)
      this.naps.add(wake)
    })
  }

  rouse() { for (const wake of [...this.naps]) wake() }

  // Each waiting event is an entry of its own, so that two tabs cannot overwrite each other's.
  keep(item) { stored(box => box.setItem(`${this.prefix}box:${item.key}`, JSON.stringify(item))) }

  drop(key) {
    this.items = this.items.filter(item => item.key != key)
    stored(box => box.removeItem(`${this.prefix}box:${key}`))
  }

  load() {
    const items = stored(box => Object.keys(box).filter(name => name.startsWith(this.prefix + "box:")).map(name => JSON.parse(box.getItem(name)))) || []
    return items.sort((a, b) => a.at < b.at ? -1 : 1)
  }
}
