import type { Origin, Safety, Wire } from '#platform/http';
import { TextEvents } from '#platform/product';

/** A reply on its way to a client that asked for events: `safety`, then `words` as they come, and `done` with the whole. */
export class ReplyEvents extends TextEvents {
  constructor(wire: Wire, { origin, safety }: { readonly origin: Origin; readonly safety: Safety }) {
    super(wire, { origin, first: { event: 'safety', data: safety } });
  }
}
