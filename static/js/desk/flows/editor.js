// A plain textarea with numbered lines, mistakes where they stand, and a little help with indentation. The text stays its own:
// behind it lie the marks, and scroll along.

const make = (name, kind, text = "") => {
  const node = document.createElement(name)
  node.className = kind
  node.textContent = text
  return node
}

export class Editor {
  constructor(form) {
    this.area = form.elements.text
    this.numbers = form.querySelector(".lines")
    this.behind = form.querySelector(".behind")
    this.wrong = new Map()
    form.classList.add("enhanced")
    this.area.addEventListener("scroll", () => this.follow())
    this.area.addEventListener("input", () => this.draw())
    this.area.addEventListener("keydown", event => this.key(event))
    this.draw()
  }

  get text() { return this.area.value }
  set text(value) {
    this.area.value = value
    this.draw()
  }

  // line -> messages
  mark(wrong) {
    this.wrong = wrong
    this.draw()
  }

  draw() {
    const lines = this.text.split("\n")
    this.numbers.replaceChildren(...lines.map((_, at) => make("i", this.wrong.has(at + 1) ? "wrong" : "", String(at + 1))))
    // Only the lines with something beside them need a place of their own; the others are room.
    this.behind.replaceChildren(...lines.map((line, at) => {
      const messages = this.wrong.get(at + 1)
      const row = make("div", messages ? "wrong" : "", messages ? " ".repeat(line.length + 3) : " ")
      if (messages) row.append(make("em", "", messages.join(" · ")))
      return row
    }))
    this.follow()
  }

  follow() {
    this.numbers.scrollTop = this.behind.scrollTop = this.area.scrollTop
    this.behind.scrollLeft = this.area.scrollLeft
  }

  jump(line) {
    const lines = this.text.split("\n"), before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0)
    this.area.focus()
    this.area.setSelectionRange(before, before + (lines[line - 1] || "").length)
    const height = this.area.scrollHeight / lines.length
    this.area.scrollTop = Math.max(0, (line - 4) * height)
    this.area.scrollLeft = 0
  }

  // A new line stands under the last one, and deeper after a colon. Tab keeps leading out: nobody is caught here.
  key(event) {
    const { selectionStart: start, selectionEnd: end } = this.area
    const begin = this.text.lastIndexOf("\n", start - 1) + 1
    if (event.key == "Enter" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing) {
      const line = this.text.slice(begin, start)
      event.preventDefault()
      this.insert(`\n${/^ */.exec(line)[0]}${/:\s*$/.test(line) ? "  " : ""}`)
    } else if ((event.ctrlKey || event.metaKey) && (event.key == "]" || event.key == "[")) {
      event.preventDefault()
      const until = this.text.indexOf("\n", end) < 0 ? this.text.length : this.text.indexOf("\n", end)
      const moved = this.text.slice(begin, until).replace(/^( {0,2})/gm, event.key == "]" ? "$1  " : "")
      this.area.setSelectionRange(begin, until)
      this.insert(moved)
      this.area.setSelectionRange(begin, begin + moved.length)
    }
  }

  // By the browser's own hand, so that it can be undone.
  insert(text) {
    if (!document.execCommand("insertText", false, text)) this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end")
    this.draw()
  }
}
