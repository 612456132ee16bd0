import type { AccountId, UserId } from '#platform/kernel';
import { SAFETY_KINDS, SAFETY_STATUSES, type SafetyKind, type SafetyStatus } from '@plinth/safety/kinds';
import { z } from 'zod';
import { namedObject } from './named-object.ts';

export { SAFETY_KINDS, SAFETY_STATUSES, type SafetyKind, type SafetyStatus };

/** A part of every answer of a route with a precheck. */
export const safetySchema = namedObject('Safety', {
  status: z.enum(SAFETY_STATUSES),
  kinds: z.array(z.enum(SAFETY_KINDS)),
});
export type Safety = z.infer<typeof safetySchema>;

/** A line that people in distress can call or write to. */
export const helplineSchema = namedObject('Helpline', {
  name: z.string(),
  /** The number to dial; null for one that is a page alone. */
  phone: z.string().nullable(),
  /** How to write to it, in words: `text HOME to 741741`. */
  text: z.string().nullable(),
  url: z.string().nullable(),
  hours: z.string(),
});
export type Helpline = z.infer<typeof helplineSchema>;

/** Words for a person in distress, or one who worries about another, and who else can help. */
export interface SafetySupport {
  readonly safety: Safety;
  readonly message: string;
  readonly helplines: readonly Helpline[];
}

/** A call whose caller may not be known, because the database is away. */
type CallOf<Input> = Input & {
  readonly userId: UserId | undefined;
  readonly accountId: AccountId | undefined;
};

/** A route's precheck. */
export interface Precheck<Input> {
  /** All that the user has written in this request. */
  readonly text?: (input: Input) => string;
  /** The caller's earlier texts that this call would send to a model; for a caller who is known. What it throws is answered, once the rates were taken. */
  readonly stored?: (call: CallOf<Input>, service: never) => Promise<string>;
  /** The caller's own locale (`de-AT`), where the product knows it; without it, or when it takes too long, Accept-Language counts. */
  readonly locale?: (call: CallOf<Input>, service: never) => Promise<string | undefined>;
  /**
   * The body of the answer in place of the handler's, with status 200: it must fit the route's reply. Without it the call goes on, and its
   * handler finds the crisis in `call.safety`: for what is only kept, where words and helplines stand beside the answer.
   */
  readonly crisis?: (support: SafetySupport, input: Input) => unknown;
  /** The same as events, for a client that asked for a stream; without it, one event `safety` with the body. */
  readonly crisisEvents?: (
    support: SafetySupport,
    input: Input,
  ) => readonly { readonly event: string; readonly data: unknown }[];
}
