import { AppError, type DataKey } from 'plinth/product';
import { sealedText } from '../items/sealed-text.ts';
import type { MemberKey } from '../levels.ts';
import type { DecisionKey, DecisionRow, SealedTexts, WholeDecisionRow } from './store.ts';

/** Texts of a decision. */
export interface DecisionTexts {
  readonly title: string;
  readonly context: string;
  readonly rationale: string;
  readonly consequences: string | null;
}

/** A decision whose title is opened. */
export type OpenDecision = Omit<DecisionRow, 'title' | 'version_id'> & { readonly title: string };

/** A decision with all its texts. */
export type WholeDecision = Omit<WholeDecisionRow, keyof DecisionTexts | 'version_id'> & DecisionTexts;

const FIELDS = ['title', 'context', 'rationale', 'consequences'] as const;
/** A text has so many bytes at most. */
const MOST_TEXT = 65_536;

export function assertSizes(texts: DecisionTexts): void {
  for (const field of FIELDS)
    if (Buffer.byteLength(texts[field] ?? '') > MOST_TEXT)
      throw new AppError('decision_too_large', { details: { field } });
}

export const bytesOf = (texts: DecisionTexts): number =>
  FIELDS.reduce((sum, field) => sum + Buffer.byteLength(texts[field] ?? ''), 0);

export const haveSameTexts = (one: DecisionTexts, other: DecisionTexts): boolean =>
  FIELDS.every((field) => one[field] === other[field]);

/** `id`: of the version's row. */
export const sealTexts = (
  key: DataKey,
  version: Pick<DecisionKey, 'accountId' | 'id'>,
  texts: DecisionTexts,
): SealedTexts => ({
  versionId: version.id,
  title: sealedText.decisionTitle.seal(key, version, texts.title),
  context: sealedText.decisionContext.seal(key, version, texts.context),
  rationale: sealedText.decisionRationale.seal(key, version, texts.rationale),
  consequences: sealedText.decisionConsequences.seal(key, version, texts.consequences),
});

export const openDecision = (
  key: DataKey,
  { accountId }: MemberKey,
  { title, version_id: id, ...row }: DecisionRow,
): OpenDecision => ({ ...row, title: sealedText.decisionTitle.open(key, { accountId, id }, title) });

export function openWholeDecision(
  key: DataKey,
  { accountId }: MemberKey,
  { version_id: id, ...row }: WholeDecisionRow,
): WholeDecision {
  const version = { accountId, id };
  return {
    ...row,
    title: sealedText.decisionTitle.open(key, version, row.title),
    context: sealedText.decisionContext.open(key, version, row.context),
    rationale: sealedText.decisionRationale.open(key, version, row.rationale),
    consequences: sealedText.decisionConsequences.open(key, version, row.consequences),
  };
}
