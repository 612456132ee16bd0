import type { GoogleCredentials } from '#platform/config';
import { AppError } from '#platform/kernel';
import { losingNothing } from '../endpoint/lossless.ts';
import { type Target, takesOf, type Upstream } from '../providers/providers.ts';
import type { AnswerTranslation, Fields, VendorRequest } from '../providers/translation.ts';
import type { LoadTranslation } from '../providers/translations.ts';
import { type WireChange, wireFor, type WireRequest, writeWire } from '../wire.ts';

/**
 * The models of a call that lose nothing of it where their vendor's protocol is another. Throws what the first would lose where no
 * model is left.
 */
export async function chainWithoutLoss({
  chain,
  wire,
}: {
  readonly chain: readonly Target[];
  readonly wire: WireRequest;
}): Promise<readonly Target[]> {
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
    losingNothing(chatOf(inForm, { ...NOTHING_ADDED, model: target.model }), (chat) =>
      translation.body(chat),
    );
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

/** The translation for a request to a model, where its vendor is not asked in the request's own protocol. */
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

interface RequestParts {
  /** Set for a vendor of another protocol. */
  readonly translation: AnswerTranslation | undefined;
  readonly wire: WireRequest;
  readonly change: WireChange;
}

/** The request for an upstream, signed for this instant: a promise of it where its vendor is another or its key is a token. */
export function requestFor(upstream: Upstream, parts: RequestParts): VendorRequest | Promise<VendorRequest> {
  const { translation, wire, change } = parts;
  const request =
    translation === undefined
      ? requestOf(upstream, wire, change)
      : translateRequest(translation, wire, change);
  return upstream.google === undefined ? request : withToken(request, upstream.google);
}

function requestOf(
  { path, query, apiKey, authorization }: Upstream,
  wire: WireRequest,
  change: WireChange,
): VendorRequest {
  const { dialect, stream } = wire;
  const own = dialect.path({ model: change.model, stream });
  return {
    path: path + own + (own.includes('?') ? query.replace('?', '&') : query),
    headers: dialect.headers?.(apiKey) ?? authorization,
    body: writeWire(wire, change),
  };
}

/** The request with a token of Google Cloud's in place of a key. */
async function withToken(
  request: VendorRequest | Promise<VendorRequest>,
  credentials: GoogleCredentials,
): Promise<VendorRequest> {
  const { googleHeaders } = await import('../providers/gemini/google-auth.ts');
  return { ...(await request), headers: await googleHeaders(credentials) };
}

function translateRequest(
  { translation, context }: AnswerTranslation,
  wire: WireRequest,
  change: WireChange,
): VendorRequest | Promise<VendorRequest> {
  return translation.request(translation.body(chatOf(wire, change)), context);
}
