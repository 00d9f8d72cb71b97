// The widget's panel: home, conversation, callback. It has no cookie: its token lives in memory and, where the browser lets a
// frame keep anything, in storage of its own. It speaks with the page around it, or with a native app's WebView, by one list
// of names; a page is only listened to when its origin is one the site allows.

import { Chat } from "./chat.js"
import { stored } from "./feed.js"

const $ = id => document.getElementById(id)
const data = JSON.parse($("data").textContent)
const { site, words } = data
const home = `/embed/${site}`, kept = `samethread:${site}:me`
const views = ["home", "thread", "call"]

let me = stored(box => JSON.parse(box.getItem(kept)))
let view = "home", shown = false, unread = 0, context = {}, untold = {}, tracked = [], chat, loading, opening, signing

// ---- whoever is around us

const framed = parent != window
const around = framed ? decodeURIComponent(location.hash.slice(1)) : ""
const trusted = framed && data.origins.includes(around)
const native = window.webkit?.messageHandlers?.samethread || window.SamethreadHost || window.ReactNativeWebView

function tell(name, fact = null) {
  if (trusted) parent.postMessage({ samethread: [name, fact] }, around)
  else if (native) native.postMessage(native == window.webkit?.messageHandlers?.samethread ? { name, data: fact } : JSON.stringify({ name, data: fact }))
}

const calls = {
  shown(on) {
    shown = on
    if (!on) return chat?.feed.typing(false)
    enter(view)
    load()
  },
  async identify(token) {
    const answer = await post(`${home}/sign-in`, { token })
    if (answer.ok) become(await answer.json())
    else tell("error", { reason: "identify", status: answer.status })
  },
  context(values) {
    Object.assign(context, values)
    untold = { ...untold, ...values }
    travel()
  },
  track(name, facts = {}) {
    tracked = [...tracked, [name, facts]].slice(-20)
    travel()
  },
  async flow(name, values = {}) {
    await open({ flow: name, context: values })
    become({ ...me })
    enter("thread")
  },
  callback({ phone = "", topic = "" } = {}) {
    $("phone").value ||= phone
    $("topic").value ||= topic
    enter("call")
  },
  async logout() {
    if (me) await post(`${home}/log-out`, {}).catch(() => {})
    chat?.stop()
    chat = me = loading = opening = 0
    context = {}
    untold = {}
    tracked = []
    // Everything of this site, drafts and unsent messages too: the next person on this device must see none of it.
    stored(box => Object.keys(box).filter(name => name.startsWith(`samethread:${site}:`)).forEach(name => box.removeItem(name)))
    $("call").querySelector("form").reset()
    thread().replaceWith(blank.cloneNode(true))
    $("hello").textContent = say("panel.hello")
    $("latest").textContent = say("panel.chat_help")
    count(0)
    tell("mark")
    enter("home")
  },
}

// Calls happen in the order they were made: an identify has answered before what follows it acts.
let turn = Promise.resolve()
const call = (name, ...facts) => {
  if (!Object.hasOwn(calls, name)) return
  turn = turn.then(() => calls[name](...facts)).catch(() => trouble(true))
  if (name == "identify") signing = turn
}
addEventListener("message", ({ origin, source, data: message }) => {
  if (trusted && origin == around && source == parent && Array.isArray(message?.samethread)) call(...message.samethread)
})
if (!framed) window.Samethread = call

// ---- who it is

function become(found) {
  const other = me && (found.session != me.session || found.token != me.token)
  me = found
  keep()
  // Told once is told: the number that the company knows need not be typed again.
  $("phone").value ||= me.customer?.phone || ""
  if (me.customer?.name) $("hello").textContent = say("panel.hello_name", { name: me.customer.name })
  if (other || !chat?.feed.session) {
    chat?.stop()
    chat = loading = 0
    if (shown) load()
  }
}

function post(path, body, headers = {}) {
  return fetch(path, { method: "POST", headers: { ...auth(), "content-type": "application/json", ...headers }, body: JSON.stringify(body) })
}

const auth = () => me ? { authorization: `Bearer ${me.token}` } : {}

async function json(answer) {
  if (!answer.ok) throw answer
  return answer.json()
}

// A session to write to. Asked twice at once it opens one, not two. What is written waits for a sign-in under way: it is
// for the customer's own session, not for that of a visitor who ceases to be one in a moment.
function open(wish = {}) {
  return opening ||= (async () => {
    if (!wish.flow) await signing
    me ||= await json(await post(`${home}/visitor`, {}))
    if (!me.session || wish.flow || wish.stale) {
      const body = { key: crypto.randomUUID(), context: { ...context, ...wish.context }, flow: wish.flow }
      me.session = (await json(await post(`${home}/session`, body))).id
      untold = {}
    }
    keep()
    return me.session
  })().finally(() => { opening = 0 })
}

const keep = () => stored(box => box.setItem(kept, JSON.stringify(me)))

// ---- the conversation

const thread = () => $("thread")
const blank = thread().cloneNode(true)

function load() {
  return loading ||= begin().catch(error => {
    loading = 0
    // The token is no longer good: forget it, and be whoever comes next.
    if (error.status == 401) return calls.logout()
    trouble(true)
  })
}

async function begin() {
  const events = []
  let seq = 0, token
  if (me?.session) {
    // A page may hold less than it read, for not every event is for customers: it is the number that tells the end.
    for (let before = -1; seq != before;) {
      before = seq
      const page = await json(await fetch(`/v1/sessions/${me.session}/events?after=${seq}&limit=200`, { headers: auth() }))
      events.push(...page.events)
      seq = page.seq
    }
  }
  trouble(false)
  $("bones").hidden = true
  chat = new Chat(thread(), {
    words,
    events,
    lang: data.lang,
    site: data.name,
    awake: () => shown && view == "thread",
    heard,
    feed: {
      after: me?.session ? { [me.session]: seq } : {},
      // Asked at each use: a visitor gets a token only with the first message.
      headers: auth,
      hello: () => ({ token: token = me.token }),
      open: stale => open(stale ? { stale } : undefined),
      box: site,
      // A visitor's token ends when they sign in: that is no reason to forget who they are now.
      hear: { gone: () => { turn = turn.then(() => { if (me?.token == token) return calls.logout() }) } },
    },
  })
  for (const event of events) latest(event)
  $("empty").hidden = events.length || chat.feed.items.length
  travel()
  keepMark(events[events.length - 1])
  if (events.some(ours) && view == "home" && !events.some(event => event.kind == "session.closed")) enter("thread")
}

// What the app around us told, once there is a session to tell it to.
function travel() {
  if (!chat?.feed.session) return
  if (Object.keys(untold).length) chat.feed.send("custom.context", untold)
  for (const [name, facts] of tracked.splice(0)) chat.feed.send(`custom.${name}`, facts)
  untold = {}
}

const ours = event => event.kind == "message"

function heard(event) {
  $("empty").hidden = true
  latest(event)
  if (event.kind == "message" && event.actor.kind != "customer") {
    if (!(shown && view == "thread")) count(unread + 1)
    tell("message", { text: event.body.text, name: event.actor.name || data.name })
  }
  keepMark(event)
  travel()
}

function latest(event) {
  if (ours(event) && event.body) $("latest").textContent = event.body.text.replace(/\{link:\w+\}/g, say("chat.link"))
}

function count(n) {
  tell("unread", unread = n)
}

// What lets the page outside ask once, next time, how much is unread: a ticket that can do nothing else.
function keepMark(event) {
  if (event?.kind == "session.closed") tell("mark", null)
  else if (event && me?.ticket) tell("mark", me.ticket)
}

// ---- views

function enter(name) {
  view = name
  for (const one of views) $(one).hidden = one != name
  $("back").hidden = name == "home"
  if (name == "thread") {
    count(0)
    load().then(() => {
      if (!chat) return
      chat.down()
      chat.look()
    })
  }
  if (shown) $(name).querySelector("[tabindex]").focus()
}

function trouble(on) {
  $("trouble").hidden = !on
  if (on) enter("home")
}

const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)

// Disabled until this line: a tap before it would be lost without a sign.
for (const door of ["thread", "call"]) {
  $(`to-${door}`).onclick = () => enter(door)
  $(`to-${door}`).disabled = false
}
$("back").onclick = () => enter("home")
$("again").onclick = () => { trouble(false); load() }
$("close").onclick = () => tell("close")
$("close").hidden = !framed && !native
addEventListener("keydown", event => { if (event.key == "Escape") tell("close") })

// ---- call me back

const form = $("call").querySelector("form")

form.addEventListener("change", () => { $("pick").hidden = form.when.value != "pick" })

form.addEventListener("submit", async event => {
  event.preventDefault()
  const wait = +form.when.value, due = wait ? Date.now() + wait * 60000 : new Date(form.due.value).getTime()
  const bad = [wrong("phone", !/^\+?[\d\s()./-]{6,20}$/.test(form.phone.value.trim())), wrong("due", !(due > Date.now() - 60000))].find(Boolean)
  if (bad) return bad.focus()
  const button = form.querySelector(".go")
  button.disabled = true
  const key = form.dataset.key ||= crypto.randomUUID()
  const answer = await promise(due, key).catch(() => ({}))
  button.disabled = false
  $("call-error").hidden = answer.ok
  if (answer.ok) {
    delete form.dataset.key
    form.reset()
    form.phone.value = me.customer?.phone || ""
    if (!chat?.feed.session) become({ ...me })
    enter("thread")
  } else if (answer.status == 422) wrong("phone", true).focus()
  else $("call-error").textContent = say("panel.call_failed")
})

async function promise(due, key) {
  const session = await open()
  return post("/v1/callbacks", { session, due: new Date(due).toISOString(), phone: form.phone.value.trim(), topic: form.topic.value.trim() }, { "idempotency-key": key })
}

// Shows or clears a field's mistake; gives the field when it is wrong.
function wrong(name, is) {
  const field = form[name], text = $(`${name}-error`)
  text.hidden = !is
  text.textContent = is ? say(`panel.${name}_wrong`) : ""
  if (!is) return field.removeAttribute("aria-invalid")
  field.setAttribute("aria-invalid", true)
  field.setAttribute("aria-describedby", text.id)
  return field
}

if (!framed) calls.shown(true)
tell("ready")
