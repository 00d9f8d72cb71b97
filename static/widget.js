// The loader: what a company's page carries. It draws one button and fetches nothing more until the panel is opened, unless
// its own mark says that a session is open: then it asks once, when the page is idle, how much is unread. The panel is a
// frame of ours; both ways, messages name the exact origin they are for.

(() => {
  const script = document.currentScript, site = script.dataset.site, host = new URL(script.src).origin
  const waiting = window.Samethread && window.Samethread.q || []
  if (window.Samethread && window.Samethread.on) return
  const lang = (document.documentElement.lang || navigator.language).slice(0, 2).toLowerCase()
  const words = WORDS, [openWord, closeWord] = words[lang] || words.en
  const markName = `samethread:${site}`, heard = {}
  let frame, ready, open, count = 0, calls = []

  const mark = {
    get() { try { return localStorage.getItem(markName) } catch { return null } },
    set(value) { try { value ? localStorage.setItem(markName, value) : localStorage.removeItem(markName) } catch { /* refused: then no poll */ } },
  }

  // ---- what is seen: a button, and a frame once it is pressed; in a shadow, so that no style of the page gets in

  const place = document.createElement("div"), shadow = place.attachShadow({ mode: "open" })
  const button = document.createElement("button"), badge = document.createElement("span")
  const style = new CSSStyleSheet()
  style.replaceSync(`:host{all:initial}
button{position:fixed;z-index:2147483000;inset-block-end:20px;inset-inline-end:20px;width:56px;height:56px;padding:0;border:0;border-radius:50%;background:${script.dataset.color || "#1d56b8"};color:#fff;box-shadow:0 4px 16px #0004;cursor:pointer}
button:focus-visible{outline:3px solid;outline-offset:-6px}
svg{display:block;margin:auto}
span{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-width:22px;padding:0 4px;box-sizing:border-box;border-radius:11px;background:#b3261e;font:600 13px/22px system-ui,sans-serif}
iframe{position:fixed;z-index:2147483000;inset-block-end:88px;inset-inline-end:20px;width:384px;height:min(640px,calc(100dvh - 108px));border:0;border-radius:18px;box-shadow:0 8px 28px #0005;background:Canvas;color-scheme:normal}
@media(max-width:480px),(max-height:480px){iframe{inset:0;width:100%;height:100dvh;border-radius:0}.open{display:none}}
[hidden]{display:none}
@media print{:host{display:none}}`)
  shadow.adoptedStyleSheets = [style]
  // Node by node: a page may forbid markup made from text.
  const draw = (kind, facts) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", kind)
    for (const fact in facts) node.setAttribute(fact, facts[fact])
    return node
  }
  const icon = draw("svg", { width: 28, height: 28, "aria-hidden": true })
  const line = draw("path", { fill: "none", stroke: "currentColor", "stroke-width": 2.4, "stroke-linejoin": "round" })
  icon.append(line)
  button.append(icon)
  badge.hidden = true
  button.append(badge)
  button.onclick = () => show(!open)
  shadow.append(button)
  const name = () => {
    button.setAttribute("aria-label", open ? closeWord : openWord + (count ? ` (${count})` : ""))
    button.setAttribute("aria-expanded", !!open)
    line.setAttribute("d", open ? "M7 11l7 7 7-7" : "M5 5h18v13H13l-5 5v-5H5z")
    button.className = open ? "open" : ""
    badge.textContent = count
    badge.hidden = !count
  }
  const unread = n => {
    if (n == count) return
    count = n
    name()
    emit("unread", n)
  }
  const emit = (event, data) => { for (const listen of heard[event] || []) listen(data) }

  // ---- the panel

  const make = () => {
    if (frame) return
    frame = document.createElement("iframe")
    frame.title = openWord
    frame.hidden = true
    frame.allow = "clipboard-write"
    // The origin stands in the fragment: the server sends everyone the same shell.
    frame.src = `${host}/embed/${site}?lang=${lang}#${location.origin}`
    frame.onerror = () => emit("error", { reason: "panel" })
    shadow.append(frame)
  }
  const post = (...call) => ready ? frame.contentWindow.postMessage({ samethread: call }, host) : calls.push(call)
  const show = on => {
    if (!on == !open) return
    open = on
    if (on) make()
    if (frame) frame.hidden = !on
    name()
    post("shown", on)
    if (on) frame.focus()
    else button.focus()
    emit(on ? "open" : "close")
  }
  const said = {
    ready() {
      ready = 1
      for (const call of calls.splice(0)) post(...call)
      emit("ready")
    },
    close: () => show(false),
    mark: mark.set,
    unread,
    message: data => emit("message", data),
    error: data => emit("error", data),
  }
  addEventListener("message", event => {
    if (!frame || event.origin != host || event.source != frame.contentWindow) return
    const [what, data] = event.data.samethread || []
    if (Object.hasOwn(said, what)) said[what](data)
  })
  addEventListener("keydown", event => { if (open && event.key == "Escape") show(false) })

  // ---- what the page may call

  const own = {
    open: () => show(true),
    close: () => show(false),
    hide: () => { show(false); place.hidden = true; button.hidden = true },
    show: () => { button.hidden = false },
    on: (event, listen) => { (heard[event] ||= []).push(listen) },
    logout: () => {
      // Whoever used this browser before is forgotten in the panel's own storage too, so the panel has to be there.
      if (mark.get()) make()
      mark.set()
      unread(0)
      calls = []
      if (frame) post("logout")
    },
  }
  window.Samethread = (what, ...facts) => {
    if (Object.hasOwn(own, what)) return own[what](...facts)
    if (!["identify", "context", "track", "flow", "callback"].includes(what)) return emit("error", { reason: "unknown", what })
    post(what, ...facts)
    if (what == "flow" || what == "callback") show(true)
  }
  window.Samethread.on = 1

  const begin = () => {
    name()
    document.body.append(place)
    for (const call of waiting) window.Samethread(...call)
    const known = mark.get()
    // A plain-text POST needs no preflight: one poll is one request.
    if (known) (window.requestIdleCallback || setTimeout)(() => {
      if (!frame) fetch(`${host}/embed/${site}/unread`, { method: "POST", body: known }).then(answer => answer.ok ? answer.json() : mark.set()).then(found => { if (found) unread(found.unread) }).catch(() => {})
    })
  }
  document.readyState == "complete" ? begin() : addEventListener("load", begin)
})()
