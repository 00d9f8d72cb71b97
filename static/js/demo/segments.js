/* What a text costs while it is typed: the alphabet it needs and the messages a phone company bills. */

const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED = "^{}\\[~]|€\f";

export function segments(text) {
  const chars = [...text];
  const plain = chars.every((char) => BASIC.includes(char) || EXTENDED.includes(char));
  const [one, many] = plain ? [160, 153] : [70, 67];
  const weigh = (char) => (plain ? 1 + EXTENDED.includes(char) : char.length);
  const whole = chars.reduce((sum, char) => sum + weigh(char), 0);
  return { plain, units: whole, segments: whole <= one ? 1 : pieces(chars, weigh, many) };
}

/* A character of two units is never cut between two messages. */
function pieces(chars, weigh, many) {
  let made = 1;
  let used = 0;
  for (const char of chars) {
    if (used + weigh(char) > many) {
      made += 1;
      used = 0;
    }
    used += weigh(char);
  }
  return made;
}
