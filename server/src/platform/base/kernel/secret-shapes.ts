/** Shapes of products' secrets, by their source. */
const declared = new Map<string, RegExp>();
const ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a07';

/** Stands in place of a secret. */
export const HIDDEN = '[hidden]';
/** The longest secret that is known where a text is cut off. */
export const LONGEST_SHAPE = 200;

/**
 * Has texts that fit one of these patterns hidden in logs, in the error tracker and in the audit. One that fits nothing at all, or an id,
 * would hide what those are for.
 */
export function declareSecretShapes(shapes: readonly RegExp[]): void {
  for (const { source, flags } of shapes) {
    const shape = new RegExp(source, `${flags.replaceAll(/[gy]/g, '')}g`);
    if (['', ID].some((text) => text.replace(shape, HIDDEN) !== text))
      throw new Error(`the pattern /${source}/ of a secret fits what is none`);
    declared.set(`/${source}/${shape.flags}`, shape);
  }
}

/** A text without what looks like a secret of a product. */
export function withoutDeclaredSecrets(text: string): string {
  let rest = text;
  for (const shape of declared.values()) rest = rest.replace(shape, HIDDEN);
  return rest;
}
