import { modules } from '#modules';

const WIDTH = 118;
const INDENT = ' '.repeat(8);
const NAME = 17;

/** ARCHITECTURE.md with the modules under `platform/` drawn from their definitions, the upper ones first. */
export function withDrawing(text: string): string {
  const [before, platform, after] = partsOf(text);
  const drawn = modules.toReversed().flatMap(({ name, purpose }) => lines(name, purpose));
  return [before, platform, `${drawn.join('\n')}\n`, after].join('');
}

/** The drawing's line of `platform/`, and what stands before it and after what lies in it. */
function partsOf(text: string): readonly [string, string, string] {
  const found = /^( {6}platform\/[^\n]*\n)(?: {8}[^\n]*\n)*/m.exec(text);
  if (found === null) throw new Error('ARCHITECTURE.md has no line "platform/" in its drawing');
  const [all, platform = ''] = found;
  return [text.slice(0, found.index), platform, text.slice(found.index + all.length)];
}

function lines(name: string, purpose: string): string[] {
  const wrapped: string[] = [];
  for (const word of purpose.split(' ')) {
    const last = wrapped.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= WIDTH - INDENT.length - NAME)
      wrapped[wrapped.length - 1] = `${last} ${word}`;
    else wrapped.push(word);
  }
  return wrapped.map((line, n) => `${INDENT}${(n === 0 ? `${name}/` : '').padEnd(NAME)}${line}`);
}
