const LF = 0x0a;
const CR = 0x0d;
const BORDER = Buffer.from('\n\n');
const WINDOWS_BORDER = Buffer.from('\n\r\n');
const DATA = Buffer.from('data:');

/** Where the event that begins at a place ends, its empty line included; -1 when it is not complete. */
export function endOfEvent(data: Buffer, from: number): number {
  const plain = data.indexOf(BORDER, from);
  // Nearly no stream has a carriage return: then this is one look at the bytes of one event.
  const within = plain === -1 ? data : data.subarray(0, plain + BORDER.length);
  const windows = within.indexOf(CR, from) === -1 ? -1 : within.indexOf(WINDOWS_BORDER, from);
  if (windows !== -1) return windows + WINDOWS_BORDER.length;
  return plain === -1 ? -1 : plain + BORDER.length;
}

/** Whether an event has data; one of comments and empty lines has none. */
export function hasData(event: Buffer): boolean {
  for (let at = event.indexOf(DATA); at !== -1; at = event.indexOf(DATA, at + 1)) {
    if (at === 0 || event[at - 1] === LF) return true;
  }
  return false;
}

/** The data of each event of a text. */
export function* eventsIn(text: string): Generator<string> {
  for (const event of text.split(/\n\r?\n/)) {
    const data = event
      .split(/\r?\n/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).trim())
      .join('\n');
    if (data !== '') yield data;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The place of the value of a member of this name, as the text has it next; -1 when there is none. `name` is in its quotes. */
export function valueAfter(event: Buffer, name: Buffer, from = 0): number {
  const found = event.indexOf(name, from);
  if (found === -1) return -1;
  let at = found + name.length;
  while (event[at] === 0x3a || event[at] === 0x20) at += 1;
  return at;
}

/** The bytes of a JSON string that opens at a place, without its quotes; 0 of what is no string. */
export function stringBytes(event: Buffer, open: number): number {
  if (event[open] !== QUOTE) return 0;
  let end = event.indexOf(QUOTE, open + 1);
  while (end !== -1 && isEscaped(event, end)) end = event.indexOf(QUOTE, end + 1);
  return end === -1 ? 0 : end - open - 1;
}

function isEscaped(event: Buffer, at: number): boolean {
  let before = at - 1;
  while (event[before] === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}
