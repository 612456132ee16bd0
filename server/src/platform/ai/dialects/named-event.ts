/** An event of a stream whose events have no names. */
export const dataEvent = (event: object): string => `data: ${JSON.stringify(event)}\n\n`;

/** An event of a stream whose events have names. */
export const namedEvent = (event: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
