import { readFileSync } from 'node:fs';
import type { SafetyStatus } from '../kinds.ts';
import { SAFETY_STATUSES } from '../kinds.ts';
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

const STATUSES = SAFETY_STATUSES.length;
export const HEADS = STATUSES + GROUPS.length;

/** How likely each status is for a text, and each group of kinds where something is found. */
export interface Chances {
  readonly status: Readonly<Record<SafetyStatus, number>>;
  /** Asked for before the next text's features are read: most texts need no group. */
  readonly groups: () => Readonly<Record<Group, number>>;
}

export type Model = (features: Features) => Chances;

const fileSchema = z.strictObject({
  /** Digest of what it was trained with (`inputsDigest`): a model of other inputs is an old one. */
  inputs: z.string(),
  /** By models that were trained without the family of the sentence that they look at (`npm run safety -- --crossed`): shares. */
  crossed: z.strictObject({
    sentences: z.int(),
    /** The share of crises that are answered as one. */
    crises: z.number(),
    /** The share of crises that are shown words and helplines at least. */
    helped: z.number(),
    /** The share of harmless sentences that are taken for a crisis. */
    alarms: z.number(),
    /** The share of harmless sentences that anything is found in. */
    found: z.number(),
    /** Messages as people write them on ordinary days, which are not among the others. */
    everyday: z.int(),
    /** Shares in the language in which they are most. */
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
  // Those of a place lie together.
  const ofStatuses = Int8Array.from({ length: PLACES * STATUSES }, (_, at) => {
    const place = Math.floor(at / STATUSES);
    return table[place * HEADS + (at - place * STATUSES)] ?? 0;
  });
  const [ofOk = 0, ofCaution = 0, ofConcern = 0, ofCrisis = 0] = scales;

  function statusOf({ places, weights: values }: Features): Chances['status'] {
    // Separate variables add twice as fast.
    let [ok, caution, concern, crisis] = [0, 0, 0, 0];
    for (let at = 0; at < places.length; at++) {
      const value = values[at] ?? 0;
      const from = (places[at] ?? 0) * STATUSES;
      ok += value * (ofStatuses[from] ?? 0);
      caution += value * (ofStatuses[from + 1] ?? 0);
      concern += value * (ofStatuses[from + 2] ?? 0);
      crisis += value * (ofStatuses[from + 3] ?? 0);
    }
    return chancesOf({
      ok: ok * ofOk,
      caution: caution * ofCaution,
      concern: concern * ofConcern,
      crisis: crisis * ofCrisis,
    });
  }

  function chanceOf(head: number, { places, weights: values }: Features): number {
    let sum = 0;
    for (let at = 0; at < places.length; at++)
      sum += (values[at] ?? 0) * (table[(places[at] ?? 0) * HEADS + head] ?? 0);
    return 1 / (1 + Math.exp(-(sum * (scales[head] ?? 0))));
  }

  return (features) => ({
    status: statusOf(features),
    groups() {
      const [suicide = 0, self_injury = 0, eating_disorder = 0, violence = 0, abuse = 0, emergency = 0] =
        GROUPS.map((_, at) => chanceOf(STATUSES + at, features));
      return { suicide, self_injury, eating_disorder, violence, abuse, medical_emergency: emergency };
    },
  });
}

/** Chances from the statuses' sums: all together are one. */
function chancesOf({ ok, caution, concern, crisis }: Chances['status']): Chances['status'] {
  const most = Math.max(ok, caution, concern, crisis);
  const raised = {
    ok: Math.exp(ok - most),
    caution: Math.exp(caution - most),
    concern: Math.exp(concern - most),
    crisis: Math.exp(crisis - most),
  };
  const all = raised.ok + raised.caution + raised.concern + raised.crisis;
  return {
    ok: raised.ok / all,
    caution: raised.caution / all,
    concern: raised.concern / all,
    crisis: raised.crisis / all,
  };
}
