import { namedObject, safetySchema, type SafetySupport } from 'plinth/product';
import { z } from 'zod';
import { shownSafety, shownSupport, supportSchema } from '../safety.ts';
import { DISTORTIONS, STYLES, type Style, type TurnRow } from './store.ts';

const fields = {
  id: z.uuid(),
  original: z.string().describe('The thought as you wrote it.'),
  distortion: z.enum(DISTORTIONS).nullable().describe('The habit of thought that bends it, if one does.'),
  turn: z.string().describe('The same, seen from another side.'),
  question: z.string().describe('A question to go on with.'),
  style: z.enum(STYLES),
  safety: safetySchema,
  helpful: z.boolean().nullable(),
  feedback: z.string().nullable(),
  created_at: z.iso.datetime(),
};

/** A turn as lists answer it. */
export const turn = namedObject('Turn', fields);

/** The same, with words and helplines where what is said of it asks for them. */
export const ratedTurn = namedObject('RatedTurn', { ...fields, support: supportSchema });

/** Answer to a thought. In a crisis nothing is made of it: then words and helplines stand there instead. */
export const turnReply = namedObject('TurnReply', {
  ...fields,
  id: fields.id.nullable(),
  original: fields.original.nullable(),
  turn: fields.turn.nullable(),
  question: fields.question.nullable(),
  created_at: fields.created_at.nullable(),
  support: supportSchema,
});

export function shownTurn(row: TurnRow): z.input<typeof turn> {
  return {
    id: row.id,
    original: row.thought,
    distortion: row.distortion,
    turn: row.turn,
    question: row.question,
    style: row.style,
    safety: shownSafety(row),
    helpful: row.helpful,
    feedback: row.feedback,
    created_at: row.created_at.toISOString(),
  };
}

/** A turn's reply; for a person who worries about another, with words and whom to ask. */
export function shownReply(row: TurnRow, support?: SafetySupport): z.input<typeof turnReply> {
  return { ...shownTurn(row), support: support === undefined ? null : shownSupport(support) };
}

/** To a person in a crisis. The thought is not kept, here neither, and nothing was made of it. */
export function shownCrisis(
  support: SafetySupport,
  { style }: { readonly style: Style },
): z.input<typeof turnReply> {
  return {
    id: null,
    original: null,
    distortion: null,
    turn: null,
    question: null,
    style,
    safety: support.safety,
    helpful: null,
    feedback: null,
    created_at: null,
    support: shownSupport(support),
  };
}
