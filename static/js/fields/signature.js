// A signature drawn with a finger, a pen or a mouse; it is sent as a picture, by the form's own file input.

const LEAST = 40

export function start(pad) {
  const canvas = pad.querySelector("canvas"), clear = pad.querySelector("button")
  const hint = pad.querySelector("p"), sent = pad.querySelector("input")
  const pen = canvas.getContext("2d")
  let drawn = 0, at

  const blank = () => {
    const sharp = devicePixelRatio || 1
    canvas.width = canvas.clientWidth * sharp
    canvas.height = canvas.clientHeight * sharp
    pen.scale(sharp, sharp)
    // Black on white by night as well: it is looked at on paper, too.
    pen.fillStyle = "#fff"
    pen.fillRect(0, 0, canvas.width, canvas.height)
    Object.assign(pen, { lineWidth: 2.5, lineCap: "round", lineJoin: "round", strokeStyle: "#111" })
    drawn = 0
    sent.value = ""
    clear.hidden = true
    hint.hidden = false
  }

  // Several moves may come as one event; only their places on the screen are sure.
  const place = event => {
    const { left, top } = canvas.getBoundingClientRect()
    return { x: event.clientX - left - canvas.clientLeft, y: event.clientY - top - canvas.clientTop }
  }
  const moves = event => {
    const all = event.getCoalescedEvents ? event.getCoalescedEvents() : []
    return all.length ? all : [event]
  }

  canvas.addEventListener("pointerdown", event => {
    if (event.button) return
    canvas.setPointerCapture(event.pointerId)
    at = place(event)
    hint.hidden = true
    clear.hidden = false
  })

  canvas.addEventListener("pointermove", event => {
    if (!at) return
    pen.beginPath()
    pen.moveTo(at.x, at.y)
    for (const one of moves(event)) {
      const next = place(one)
      pen.lineTo(next.x, next.y)
      drawn += Math.hypot(next.x - at.x, next.y - at.y)
      at = next
    }
    pen.stroke()
  })

  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      at = null
      // A mere tap is no signature.
      if (drawn < LEAST) return
      // At once, not by toBlob: whoever presses Continue right away has signed.
      const bytes = Uint8Array.from(atob(canvas.toDataURL("image/png").split(",")[1]), sign => sign.charCodeAt(0))
      const files = new DataTransfer()
      files.items.add(new File([bytes], "signature.png", { type: "image/png" }))
      sent.files = files.files
    })
  }

  clear.addEventListener("click", () => {
    blank()
    canvas.closest("fieldset").querySelector("input[type=text]").focus()
  })

  blank()
}
