// A flow that is being tried, on its five faces side by side. The server keeps nothing: it is told what was done on each face
// and answers with what stands there then. The markup is templates/preview/panes.html; a desk page may use it as well.

import { frame } from "./frame.js"

const HOUR = 3600000

const make = (name, text, kind) => {
  const node = document.createElement(name)
  if (text) node.textContent = text
  if (kind) node.className = kind
  return node
}

export class Panes {
  // root: holds the panes and the mistakes · play({acts, locale}): asks the server, a promise of its answer · words ·
  // kept: acts of an earlier visit, by face · changed(acts): after something was done · failed(error): nobody answered
  constructor(root, { play, words, kept = {}, changed = () => {}, failed = () => {} }) {
    Object.assign(this, { root, play, words, acts: kept, changed, failed, locale: "", turn: Promise.resolve() })
    this.faces = new Map([...root.querySelectorAll(".pane")].map(node => [node.dataset.face, new Face(this, node)]))
    this.mistakes = root.querySelector(".mistakes")
  }

  say(key, values = {}) { return (this.words[`preview.${key}`] || "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole) }

  // Does one thing on a face, and draws what comes of it.
  act(face, act) {
    return this.next(async () => {
      const before = this.acts[face] || []
      this.acts[face] = [...before, act]
      await this.drawn(face).catch(error => {
        this.acts[face] = before
        throw error
      })
    })
  }

  again(face) {
    return this.next(() => {
      if (face) delete this.acts[face]
      else this.acts = {}
      return this.drawn()
    })
  }

  draw() { return this.next(() => this.drawn()) }

  // One thing after the other: an answer that was overtaken would undo what was done since.
  next(what) { return this.turn = this.turn.then(what).catch(this.failed) }

  // Draws all faces; `acted` is the one where something was just done.
  async drawn(acted = "") {
    const told = await this.play({ acts: this.acts, locale: this.locale })
    this.complain(told.mistakes)
    const there = Object.keys(told.panes)
    // A flow with mistakes cannot be tried: what stood before stays to be looked at.
    for (const [name, face] of this.faces) {
      face.node.inert = !there.length
      if (there.length) face.node.hidden = !told.panes[name]
      if (told.panes[name]) face.draw(told.panes[name], this.fit(name, told.panes[name].fitted, name == acted))
    }
    this.changed(this.acts)
  }

  // Forgets what no longer fits; says so.
  fit(face, fitted, acted) {
    const acts = this.acts[face] || []
    if (acts.length <= fitted) return ""
    this.acts[face] = acts.slice(0, fitted)
    return this.say(acted && acts.length == fitted + 1 ? "nothing" : "cut")
  }

  complain(mistakes) {
    this.mistakes.hidden = !mistakes.length
    this.mistakes.querySelector("ol").replaceChildren(...mistakes.map(({ file, line, message, source }) => {
      const item = make("li")
      item.append(make("p", `${file}:${line}`, "where"), make("p", message))
      const code = item.appendChild(make("pre"))
      for (const [number, text] of source) code.append(make(number == line ? "mark" : "span", `${String(number).padStart(4)}  ${text}\n`))
      return item
    }))
  }
}

class Face {
  constructor(panes, node) {
    Object.assign(this, { panes, node, name: node.dataset.face, keyed: "" })
    this.part = name => node.querySelector(name)
    this.part(".again").onclick = () => panes.again(this.name)
    const form = this.part(".say")
    if (form) form.onsubmit = event => {
      event.preventDefault()
      const text = form.elements.text.value.trim()
      form.reset()
      if (text) this.type(text)
    }
    for (const key of node.querySelectorAll("[data-key]")) key.onclick = () => this.press(key.dataset.key)
  }

  do(act) { return this.panes.act(this.name, act) }
  type(text) { return this.do({ do: "type", text }) }

  draw(pane, remark) {
    this.pane = pane
    this.talk(pane)
    this.page(pane.html)
    this.menu(pane.prompt)
    if (pane.ussd) this.part(".dial").textContent = pane.ussd.text
    if (pane.voice) this.call(pane.voice)
    const over = pane.status == "ended" ? "over" : pane.ussd?.end || pane.voice?.end ? "closed" : ""
    this.part(".remark").textContent = [remark, ...pane.unanswered.map(call => this.panes.say("unanswered", { call })),
      pane.link ? this.panes.say("link") : "", over && this.panes.say(over)].filter(Boolean).join(" ")
    this.outside(pane)
  }

  talk({ lines }) {
    const log = this.part(".talk")
    if (!log) return
    log.replaceChildren(...lines.map(({ by, text }) => {
      const item = make("p", text, by)
      item.dir = "auto"
      return item
    }))
    log.scrollTop = log.scrollHeight
  }

  page(html) {
    if (html == this.html) return
    this.html = html
    this.part(".page").replaceChildren(...html ? [frame(html, this.panes.say("page"), act => this.do(act))] : [])
  }

  // Quick replies send their words, as in the real chat.
  menu(prompt) {
    const quick = this.part(".quick")
    if (!quick) return
    quick.replaceChildren(...prompt.menu.map(([value, label]) => {
      const button = make("button", label)
      button.type = "button"
      button.onclick = () => this.type(value == "more" ? value : label)
      return button
    }))
    const { type, inputmode = "", label = "", send = "" } = prompt.field || {}
    this.part(".say input").inputMode = inputmode
    if (type) quick.append(...this.picker(type, label, send))
  }

  // A day or a time is picked, or written like anything else.
  picker(type, label, send) {
    const input = make("input"), button = make("button", send)
    Object.assign(input, { type, ariaLabel: label })
    button.type = "button"
    button.onclick = () => input.value ? this.type(input.value) : input.focus()
    return [input, button]
  }

  call({ twiml }) {
    this.part(".twiml pre").textContent = twiml.replace(/></g, ">\n<")
    const gather = new DOMParser().parseFromString(twiml, "text/xml").querySelector("Gather")
    this.digits = Number(gather?.getAttribute("numDigits")) || 0
    this.finish = gather?.getAttribute("finishOnKey") ?? "#"
    this.keyed = this.part("output").textContent = ""
  }

  // Keys are gathered as the phone company gathers them: so many, or until the finishing key.
  press(key) {
    const ends = key == this.finish
    if (!ends) this.keyed += key
    this.part("output").textContent = this.keyed
    const text = this.keyed
    if (text && (ends || this.keyed.length == this.digits)) this.type(text)
  }

  // What others do: an agent, the company, time, the page one was sent to.
  outside({ status, event, visit }) {
    const ways = []
    if (status == "handed") ways.push(["give_back", { do: "agent", to: "then" }], ["nobody", { do: "agent", to: "otherwise" }])
    if (event) ways.push(["event", { do: "event", ...event }, event])
    if (status == "waiting") ways.push(["later", { do: "wait", ms: HOUR }], ["day", { do: "wait", ms: 24 * HOUR }])
    if (visit) ways.push(["returned", { do: "post", given: { choice: "returned" } }])
    this.part(".outside").replaceChildren(...ways.map(([key, act, values]) => {
      const button = make("button", this.panes.say(key, values))
      button.type = "button"
      button.onclick = () => this.do(act)
      return button
    }))
  }
}
