import { isRecord, parsedText } from '../metering/usage.ts';

/** Names of what frames words, and says none. */
const FRAMES: ReadonlySet<string> = new Set([
  'role',
  'index',
  'id',
  'type',
  'finish_reason',
  'name',
  'reasoning',
]);

/** The words of a stream's events, each reply, thought and call for itself: pieces are joined before they are counted. */
export function wordsIn(events: Iterable<string>): string {
  const words = new Map<string, string>();
  for (const event of events) {
    const answer = parsedText(event);
    const choices = isRecord(answer) ? answer['choices'] : undefined;
    if (!Array.isArray(choices)) continue;
    for (const choice of choices) {
      if (!isRecord(choice)) continue;
      const delta = choice['delta'] ?? choice['message'];
      const thoughts =
        isRecord(delta) && delta['reasoning_content'] === undefined ? delta['reasoning'] : undefined;
      add(words, `${numberOf(choice, 0)} thoughts`, thoughts);
      add(words, `${numberOf(choice, 0)}`, delta);
    }
  }
  return [...words.values()].join('\n');
}

/** Pieces of one thing say the same number. */
function numberOf(of: unknown, otherwise: number): number {
  const index = isRecord(of) ? of['index'] : undefined;
  return typeof index === 'number' ? index : otherwise;
}

function add(words: Map<string, string>, place: string, value: unknown): void {
  if (typeof value === 'string') words.set(place, (words.get(place) ?? '') + value);
  else if (Array.isArray(value)) {
    for (const [nth, item] of value.entries()) add(words, `${place} ${numberOf(item, nth)}`, item);
  } else if (isRecord(value)) {
    for (const [name, inner] of Object.entries(value))
      if (!FRAMES.has(name)) add(words, `${place} ${name}`, inner);
  }
}
