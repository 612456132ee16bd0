import type { Permit, Usage } from '#platform/limits';
import { z } from 'zod';
import { ProviderError } from '../errors.ts';
import { countTries } from '../plan.ts';
import { mayHelpAgain, type StructuredParts, structuredCall, unfitError } from './structured.ts';
import { ListReader, type StreamItemsRequest } from './list-reader.ts';

export interface StreamedItems {
  /** Elements that were taken, at least one. */
  readonly count: number;
  /** The usage of the call that gave them; calls before it are in the ledger alike. */
  readonly usage: Usage;
  readonly prompt: { readonly id: string; readonly version: number };
}

/**
 * Asks for a list as a stream and hands on its elements as they are made. While none was taken, an answer without any
 * and a stream that breaks are asked for again within the policy's tries; from then on a stream that breaks is the
 * caller's: it has what was taken, and may ask for the rest.
 */
export async function streamItems<Item extends z.ZodType>(
  parts: StructuredParts,
  permit: Permit,
  request: StreamItemsRequest<Item>,
): Promise<StreamedItems> {
  const schema = listSchema(request.item, request.list);
  const { call, prompt, guard, named } = structuredCall(parts, permit, { request, schema, stream: true });
  const tries = countTries(permit, call.policy);
  let broken: ProviderError | undefined;
  do {
    tries.used();
    const answer = await parts.pipe(call);
    if (answer.kind !== 'stream') throw new Error('a stream was answered by a plain call');
    const { live, target } = answer;
    const taken = await new ListReader(request, { live, maxBytes: call.policy.caps.answerBytes, guard }).done;
    const fields = { ...named, provider: target.provider, model: target.model, elements: taken.count };
    if (taken.thrown !== undefined) throw taken.thrown.error;
    broken = taken.broken;
    if (broken === undefined && taken.count > 0) {
      if (live.usage === undefined) throw new Error('a complete stream was posted without figures');
      parts.logger?.info({ ...fields, provider_request_id: live.usage.providerRequestId }, 'generated');
      return { count: taken.count, usage: live.usage, prompt: { id: prompt.id, version: prompt.version } };
    }
    const level = broken?.code === 'client_gone' ? 'info' : 'warn';
    parts.logger?.[level](
      fields,
      broken === undefined ? 'an answer does not fit its schema' : 'a stream broke',
    );
    if (broken !== undefined && (taken.count > 0 || !broken.retryable)) break;
    if (!mayHelpAgain(answer)) break;
  } while (tries.left > 0);
  if (broken === undefined) throw unfitError(permit, prompt);
  throw tries.isSpent ? broken.final() : broken;
}

const lists = new WeakMap<z.ZodType, Map<string, z.ZodType>>();

/** The schema of an answer that lists items, made once for each item's schema and name. */
function listSchema(item: z.ZodType, list: string): z.ZodType {
  const known = lists.get(item) ?? new Map<string, z.ZodType>();
  lists.set(item, known);
  const schema = known.get(list) ?? z.strictObject({ [list]: z.array(item) });
  known.set(list, schema);
  return schema;
}
