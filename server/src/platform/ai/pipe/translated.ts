import { AppError } from '#platform/kernel';
import { type Target, takesOf } from '../providers/providers.ts';
import type { AnswerTranslation, Fields, LoadTranslation, VendorRequest } from '../providers/translation.ts';
import { type WireChange, wireFor, type WireRequest, writeWire } from '../wire.ts';
import type { PipeCall } from './attempt.ts';

/**
 * The models of a call that lose nothing of it where their vendor's protocol is another. Throws what the first would lose where no
 * model is left.
 */
export async function chainWithoutLoss({
  chain,
  wire,
}: Pick<PipeCall, 'chain' | 'wire'>): Promise<readonly Target[]> {
  let lost: AppError | undefined;
  const left: Target[] = [];
  for (const target of chain) {
    const error = await lossOf(wire, target);
    if (error === undefined) left.push(target);
    else lost ??= error;
  }
  if (left.length === 0 && lost !== undefined) throw lost;
  return left;
}

async function lossOf(wire: WireRequest, target: Target): Promise<AppError | undefined> {
  const asked = wireFor(wire, target);
  const translation = await loadTranslation(target, asked);
  if (translation === undefined) return undefined;
  const inForm = asked.inForm?.(takesOf(target).response_format) ?? asked;
  try {
    translation.body(chatOf(inForm, { ...NOTHING_ADDED, model: target.model }));
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

/** What translates a request for a model, where its vendor is not asked in the request's own protocol. */
export function loadTranslation(
  { upstream }: Pick<Target, 'upstream'>,
  { dialect }: WireRequest,
): ReturnType<LoadTranslation> | undefined {
  return dialect.name === 'chat' ? upstream.translation?.() : undefined;
}

const NOTHING_ADDED: Omit<WireChange, 'model'> = {
  maxTokens: undefined,
  temperature: undefined,
  identifier: undefined,
  store: false,
  streamUsage: false,
};

const chatOf = (wire: WireRequest, change: WireChange): Fields =>
  JSON.parse(writeWire(wire, change).toString('utf8')) as Fields;

/** The request for a vendor of another protocol, signed for this instant. */
export function translateRequest(
  { translation, context }: AnswerTranslation,
  wire: WireRequest,
  change: WireChange,
): VendorRequest | Promise<VendorRequest> {
  return translation.request(translation.body(chatOf(wire, change)), context);
}
