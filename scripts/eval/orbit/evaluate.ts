import { type LabelledDocument, readLabelled } from './labelled.ts';
import { type ReadingResult, madeOf } from './reading.ts';
import { type OrbitScore, partOf, scoreOrbit, type Share } from './score.ts';

/** Has documents extracted, each in a workspace of its own, and scores what came of it. */
export async function evaluateOrbit(
  fixture: { readonly url: string; readonly keys: readonly string[] },
  documents: readonly LabelledDocument[] = readLabelled(),
): Promise<OrbitScore> {
  const made: ReadingResult[] = [];
  for (const [n, labelled] of documents.entries())
    made.push(await madeOf({ url: fixture.url, key: fixture.keys[n] ?? '' }, labelled));
  return scoreOrbit(made);
}

/** The shares as lines to read, and what of them says something of a model. */
export function reportOfOrbit(score: OrbitScore, isReal: boolean): string {
  return [
    `orbit: ${score.documents} documents`,
    isReal
      ? 'With the model that is configured.'
      : 'No model is configured. Citation truth, dates and money are what the program does, whatever the model; section recall is the sandbox’s, and says nothing of any model.',
    '',
    row('citation truth', score.citationTruth),
    row('dates read', score.dates),
    row('  of those read, right', score.datesPrecision),
    row('  in sections', score.datesInSections),
    row('money read', score.money),
    row('  of that read, right', score.moneyPrecision),
    row('  in sections', score.moneyInSections),
    row('section recall', score.sectionRecall),
    ...Object.entries(score.byType).map(([type, share]) => row(`  ${type}`, share)),
    ...list('Not extracted to the end:', score.failures),
    ...list('Missed:', score.missed),
  ].join('\n');
}

function row(name: string, share: Share): string {
  return `${name.padEnd(26)}${(partOf(share) * 100).toFixed(1).padStart(7)} %  (${share.right} of ${share.of})`;
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}
