// Photos and files before they are sent: shown, removed again, and photos made as small as anybody needs them. What is
// chosen lives in the form's own inputs, so that the form is sent like any other.

const EDGE = 1600, QUALITY = .82, SMALL = 400_000

export function start(area) {
  const inputs = [...area.querySelectorAll("input")], last = inputs.at(-1)
  const list = area.querySelector("ul"), template = area.querySelector("template")
  const said = area.querySelector("[role=status]"), most = +area.dataset.max
  const chosen = []

  const say = (key, name) => { said.textContent = (area.dataset[key] || "").replace("{name}", name) }

  // All that is chosen stands in the last input, whichever it was chosen by.
  const keep = () => {
    const files = new DataTransfer()
    for (const one of chosen) files.items.add(one)
    for (const input of inputs) input.value = ""
    last.files = files.files
  }

  const add = file => {
    const row = template.content.cloneNode(true).firstElementChild
    const picture = row.querySelector("img"), remove = row.querySelector("button")
    row.querySelector("b").textContent = remove.lastElementChild.textContent = file.name
    if (file.type.startsWith("image/")) {
      picture.src = URL.createObjectURL(file)
      picture.onload = picture.onerror = () => URL.revokeObjectURL(picture.src)
    } else picture.remove()
    remove.addEventListener("click", () => {
      chosen.splice(chosen.indexOf(file), 1)
      row.remove()
      keep()
      say("removed", file.name)
      last.focus()
    })
    list.append(row)
    chosen.push(file)
    say("added", file.name)
  }

  area.addEventListener("change", async event => {
    const files = [...event.target.files]
    // What the browser put in the last input stands beside what was chosen before.
    const before = chosen.length
    for (const file of files) {
      if (chosen.length >= most) {
        // One photo only: the newest is meant.
        if (most > 1) { say("full"); break }
        chosen.length = 0
        list.textContent = ""
      }
      add(await smaller(file))
    }
    if (files.length || before) keep()
  })
}

// A photo, redrawn upright with its longest edge at EDGE; what is no picture here, or is small enough, as it is.
async function smaller(file) {
  if (!/^image\/(?!svg|gif)/.test(file.type)) return file
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" })
    const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height))
    if (scale === 1 && file.size <= SMALL && file.type === "image/jpeg") return file
    const canvas = document.createElement("canvas")
    canvas.width = Math.round(picture.width * scale)
    canvas.height = Math.round(picture.height * scale)
    const pen = canvas.getContext("2d")
    pen.fillStyle = "#fff"
    pen.fillRect(0, 0, canvas.width, canvas.height)
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height)
    picture.close()
    const drawn = await new Promise(done => canvas.toBlob(done, "image/jpeg", QUALITY))
    return drawn ? new File([drawn], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file
  } catch {
    return file
  }
}
