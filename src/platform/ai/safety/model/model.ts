import { readFileSync } from 'node:fs';
import type { SafetyStatus } from '#platform/http';
import { SAFETY_STATUSES } from '#platform/http';
import { z } from 'zod';
import { PLACES, type Features } from './features.ts';

/** What kinds are told apart: all of the suicide part are one. */
export const GROUPS = [
  'suicide',
  'self_injury',
  'eating_disorder',
  'violence',
  'abuse',
  'medical_emergency',
] as const;
export type Group = (typeof GROUPS)[number];

export const HEADS = SAFETY_STATUSES.length + GROUPS.length;

/** How likely each status is for a text, and each group of kinds where something is found. */
export interface Chances {
  readonly status: Readonly<Record<SafetyStatus, number>>;
  readonly group: Readonly<Record<Group, number>>;
}

export type Model = (features: Features) => Chances;

const fileSchema = z.strictObject({
  /** Of what it was trained with (`inputsDigest`): a model of other inputs is an old one. */
  inputs: z.string(),
  /** By models that were trained without the family of the sentence that they look at (`npm run safety -- --crossed`): shares. */
  crossed: z.strictObject({
    sentences: z.int(),
    /** Of the crises, those answered as one. */
    crises: z.number(),
    /** Of the crises, those that are shown words and helplines at least. */
    helped: z.number(),
    /** Of the harmless, those taken for a crisis. */
    alarms: z.number(),
    /** Of the harmless, those that anything is found in. */
    found: z.number(),
    /** Messages as people write them on ordinary days, which are not among the others. */
    everyday: z.int(),
    everydayAlarms: z.number(),
    everydayFound: z.number(),
  }),
  /** What a step of each head's weights is worth. */
  scales: z.array(z.number()).length(HEADS),
  /** One signed byte for each place and head. */
  weights: z.base64(),
});
export type ModelFile = z.infer<typeof fileSchema>;

export const MODEL_FILE = new URL('./weights.json', import.meta.url);

export function readModelFile(): ModelFile {
  return fileSchema.parse(JSON.parse(readFileSync(MODEL_FILE, 'utf8')));
}

export function modelOf({ scales, weights }: Pick<ModelFile, 'scales' | 'weights'>): Model {
  const bytes = Buffer.from(weights, 'base64');
  if (bytes.length !== PLACES * HEADS)
    throw new Error(`the safety model has ${bytes.length} weights, not ${PLACES * HEADS}`);
  const table = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const sums = new Float64Array(HEADS);

  /** Of five heads from this one on: what is in variables of its own is added twice as fast. */
  function addFive(head: number, { places, weights: values }: Features): void {
    let [one, two, three, four, five] = [0, 0, 0, 0, 0];
    for (let at = 0; at < places.length; at++) {
      const value = values[at] ?? 0;
      const from = (places[at] ?? 0) * HEADS + head;
      one += value * (table[from] ?? 0);
      two += value * (table[from + 1] ?? 0);
      three += value * (table[from + 2] ?? 0);
      four += value * (table[from + 3] ?? 0);
      five += value * (table[from + 4] ?? 0);
    }
    sums.set([one, two, three, four, five], head);
  }

  return (features) => {
    for (let head = 0; head < HEADS; head += 5) addFive(head, features);
    return chancesOf(sums.map((sum, head) => sum * (scales[head] ?? 0)));
  };
}

/** Of the heads' sums: one status of four, and each group by itself. */
export function chancesOf(sums: Float64Array): Chances {
  const most = Math.max(...sums.subarray(0, SAFETY_STATUSES.length));
  const raised = SAFETY_STATUSES.map((_, head) => Math.exp((sums[head] ?? 0) - most));
  const all = raised.reduce((sum, one) => sum + one, 0);
  const [ok = 0, caution = 0, concern = 0, crisis = 0] = raised.map((one) => one / all);
  const [suicide = 0, self_injury = 0, eating_disorder = 0, violence = 0, abuse = 0, medical_emergency = 0] =
    GROUPS.map((_, at) => 1 / (1 + Math.exp(-(sums[SAFETY_STATUSES.length + at] ?? 0))));
  return {
    status: { ok, caution, concern, crisis },
    group: { suicide, self_injury, eating_disorder, violence, abuse, medical_emergency },
  };
}
