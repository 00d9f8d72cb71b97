// The page of a running app in a frame of its own, drawn by the real templates: its forms and links are caught and become acts.

const SELF = "/app"

// A frame that shows `html`; `act(what)` is told what is done in it.
export function frame(html, title, act) {
  const made = document.createElement("iframe")
  made.title = title
  // The style is cut out and adopted: the policy of the page around names no inline style.
  const [start, style = "", ...rest] = html.split(/<\/?style>/)
  made.srcdoc = start + rest.join("")
  made.onload = () => {
    const inner = made.contentDocument, rules = new made.contentWindow.CSSStyleSheet()
    rules.replaceSync(style)
    inner.adoptedStyleSheets = [rules]
    inner.addEventListener("submit", event => {
      event.preventDefault()
      act(posted(event.target, event.submitter))
    })
    inner.addEventListener("click", event => {
      const link = event.target.closest("a")
      const to = link?.getAttribute("href") || ""
      if (!link || to.startsWith("#")) return
      event.preventDefault()
      const step = to.startsWith(`${SELF}/`) ? decodeURIComponent(to.slice(SELF.length + 1)) : ""
      if (step == "pass" && link.matches(".go:not(.plain)")) act({ do: "open", what: "pass" })
      else if (step && !step.includes(".")) act({ do: "look", step })
      else if (to == SELF) act({ do: "open", what: "" })
      else if (!step) open(link.href, "_blank", "noopener")
    })
  }
  return made
}

// What a form would have posted, as an act.
function posted(form, button) {
  const step = decodeURIComponent(new URL(form.action).pathname.split("/").pop())
  const data = new FormData(form)
  if (button?.name) data.append(button.name, button.value)
  if (data.get("act") == "send") return { do: "open", what: "code" }
  if (step == "code" && data.get("act") == "prove") return /^\D*(\d\D*){6}$/.test(data.get("code")) ? { do: "code" } : { do: "none" }
  if (step == "verify" && data.has("fact")) return { do: "prove", raw: data.get("fact") }
  const given = {}
  for (const name of new Set(data.keys())) {
    const values = data.getAll(name)
    if (values.some(one => one instanceof File)) given[name] = values.filter(one => one.size).map(upload)
    else if (name != "nonce") given[name] = values.length > 1 ? values : values[0]
  }
  return { do: "post", step, given }
}

// As the server tells of a file it has taken.
const upload = ({ name, type, size }) => ({ file: "sample", name, type, size })
