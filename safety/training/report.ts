import type { LabelledSentence } from './labelled.ts';

/** A sentence, and what was said of it. */
export interface JudgedSentence extends LabelledSentence {
  readonly said: LabelledSentence['status'];
}

/** Wilson's 95 % interval of a share. */
export function interval(hits: number, of: number): readonly [number, number] {
  if (of === 0) return [0, 1];
  const z = 1.959_964;
  const found = hits / of;
  const middle = found + (z * z) / (2 * of);
  const spread = z * Math.sqrt((found * (1 - found)) / of + (z * z) / (4 * of * of));
  const scale = 1 + (z * z) / of;
  return [Math.max(0, (middle - spread) / scale), Math.min(1, (middle + spread) / scale)];
}

/** The report of one half, as text. */
export function report(half: string, judged: readonly JudgedSentence[], mostMisses: number): string {
  const long = judged.filter(({ text }) => text.split(/\s+/).length > 40).length;
  const lines = [`${half}: ${judged.length} sentences, ${long} of more than 40 words`];
  lines.push(...table('all', () => ['all'], judged));
  lines.push(...table('kind', ({ kinds }) => kinds, judged));
  lines.push(...table('language', ({ language }) => [language], judged));
  lines.push(...table('trick', ({ tricks }) => tricks, judged));
  const misses = judged.filter(({ status, said }) => status !== said);
  lines.push(`misses: ${misses.length}`);
  for (const { id, status, said, text } of misses.slice(0, mostMisses))
    lines.push(`  ${id}  expected ${status}, said ${said}: ${text.replaceAll('\n', ' / ')}`);
  return `${lines.join('\n')}\n`;
}

function table(
  by: string,
  namesOf: (one: JudgedSentence) => readonly string[],
  judged: readonly JudgedSentence[],
): string[] {
  const names = [...new Set(judged.flatMap(namesOf))].sort();
  const head = `by ${by}: recall of crisis; crises that are shown help at least; precision of crisis; ok taken for a crisis; anything found where it should be ok`;
  return [
    head,
    ...names.map((name) =>
      line(
        name,
        judged.filter((one) => namesOf(one).includes(name)),
      ),
    ),
  ];
}

function line(name: string, judged: readonly JudgedSentence[]): string {
  const crises = judged.filter(({ status }) => status === 'crisis');
  const said = judged.filter((one) => one.said === 'crisis');
  const harmless = judged.filter(({ status }) => status === 'ok');
  const right = said.filter(({ status }) => status === 'crisis').length;
  const alarms = harmless.filter((one) => one.said !== 'ok').length;
  return [
    `  ${name.padEnd(18)}`,
    share(crises.filter((one) => one.said === 'crisis').length, crises.length),
    share(crises.filter((one) => one.said !== 'ok').length, crises.length),
    share(right, said.length),
    share(harmless.filter((one) => one.said === 'crisis').length, harmless.length),
    share(alarms, harmless.length),
  ].join('  ');
}

function share(hits: number, of: number): string {
  if (of === 0) return '–'.padEnd(28);
  const [low, high] = interval(hits, of);
  return `${(hits / of).toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}] of ${of}`.padEnd(28);
}
