const LF = 0x0a;
const CR = 0x0d;
const DATA = Buffer.from('data:');

/** Where the event that begins at a place ends, its empty line included; -1 when it is not complete. */
export function endOfEvent(data: Buffer, from: number): number {
  for (let at = data.indexOf(LF, from); at !== -1; at = data.indexOf(LF, at + 1)) {
    if (data[at + 1] === LF) return at + 2;
    if (data[at + 1] === CR && data[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** Whether an event has data; one of comments and empty lines has none. */
export function hasData(data: Buffer, from: number, to: number): boolean {
  for (let line = from; line < to; ) {
    if (isData(data, line)) return true;
    const end = data.indexOf(LF, line);
    if (end === -1) return false;
    line = end + 1;
  }
  return false;
}

function isData(data: Buffer, line: number): boolean {
  for (let n = 0; n < DATA.length; n += 1) if (data[line + n] !== DATA[n]) return false;
  return true;
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
