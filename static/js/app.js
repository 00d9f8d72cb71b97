// A disposable app's pages, without reloads. It stands inline in the page and only adds to plain forms: a form is posted by
// fetch and the answer's <main> takes the old one's place, so that a hand-over opens the chat on this same page. Whatever
// goes wrong falls back to what a browser does with a form. It never posts by itself: a person's gesture does.
(d => {
  const said = d.getElementById("said")
  let here = location.pathname, look = d.querySelector("style").textContent, busy, stop

  // What is said to browsers without scripts only is hidden by this; <noscript> misses those where a script fails to load.
  const plain = d.documentElement.classList
  plain.add("js")

  const main = () => d.querySelector("main")
  const say = text => { said.textContent = text }

  // Puts a fetched page's <main> in place. Throws when there is none: the caller then lets the browser navigate.
  const show = async (answer, push) => {
    // The style is cut out first: a parsed one would count as one more inline style, which the policy does not name.
    const [start, style, ...rest] = (await answer.text()).split(/<\/?style>/)
    const page = new DOMParser().parseFromString(start + rest.join(""), "text/html")
    const next = page.querySelector("main")
    if (!next) throw answer
    // A page carries only the rules it uses itself; where they cannot be taken over, the browser navigates.
    if (style != look) {
      const rules = new CSSStyleSheet()
      rules.replaceSync(look = style)
      d.adoptedStyleSheets = [rules]
    }
    // The chat's style first, then the chat: nobody sees it naked.
    const sheet = next.querySelector("link")
    if (sheet) await new Promise(done => { sheet.onload = sheet.onerror = done; d.head.append(sheet) })
    if (stop) stop()
    stop = 0
    main().replaceWith(next)
    d.title = page.title
    here = new URL(answer.url).pathname
    if (push) history.pushState(0, "", answer.url)
    const head = d.getElementById("errors") || next.querySelector("h1")
    if (head) head.focus()
    scrollTo(0, 0)
    say(d.title)
    ready()
  }

  const go = (url, push) => fetch(url).then(answer => show(answer, push)).catch(() => location.assign(url))

  // What a page asks for beyond its words: a module for the whole of it (the chat, or looking again), or for a field that can
  // do more with a script (a photo made smaller, a signature drawn).
  const ready = () => {
    for (const one of d.querySelectorAll("[data-with]")) {
      import(one.dataset.with).then(module => {
        const end = module.start(one, go, show)
        if (one == main()) stop = end
      }).catch(() => plain.remove("js"))
    }
  }

  addEventListener("submit", event => {
    const form = event.target, button = event.submitter
    if (form.method != "post" || event.defaultPrevented) return
    event.preventDefault()
    if (busy) return
    if (!navigator.onLine) return say(said.dataset.offline, said.className = "notice")
    const data = new FormData(form), body = form.enctype[0] == "m" ? data : new URLSearchParams(data)
    if (button && button.name) body.append(button.name, button.value)
    busy = setTimeout(() => say(said.dataset.wait), 600)
    main().setAttribute("aria-busy", true)
    fetch(form.action, { method: "POST", body }).then(answer => show(answer, answer.url != location.href)).catch(() => {
      for (const [name, value] of body) {
        if (form.elements[name]) continue
        const field = d.createElement("input")
        field.type = "hidden"
        field.name = name
        field.value = value
        form.append(field)
      }
      form.submit()
    }).finally(() => {
      clearTimeout(busy)
      busy = 0
      said.className = "vh"
      main().removeAttribute("aria-busy")
    })
  })

  // What a person asks for by a button of the page: paper, or a module that does more (a map) and is only then loaded.
  addEventListener("click", ({ target }) => {
    if (target.closest("[data-print]")) return print()
    const button = target.closest("[data-tap]")
    if (!button || button.ariaBusy) return
    button.ariaBusy = "true"
    import(button.dataset.tap).then(module => module.start(button)).catch(() => {
      button.ariaBusy = null
      say(button.dataset.failed, said.className = "notice")
    })
  })

  // A jump to a field (the error summary's links) also pops a state, with the path unchanged: nothing to fetch then.
  addEventListener("popstate", () => { if (location.pathname != here) go(location.href) })
  ready()
})(document)
