import type { Catalogue } from '#platform/entitlements';

/** A feature as admission reads it: what it consumes, compiled from the product's catalogue. */
export interface CompiledFeature {
  readonly requires: readonly string[];
  /** Seconds in which its work is over, come what may. */
  readonly longest: number;
  readonly consumes: readonly {
    readonly n: string;
    readonly k: string;
    readonly w?: string;
    readonly by: string;
  }[];
}

/** The features of all products by `product.feature`. */
export function compileFeatures(catalogues: readonly Catalogue[]): Map<string, CompiledFeature> {
  const compiled = new Map<string, CompiledFeature>();
  for (const catalogue of catalogues) {
    for (const [name, feature] of Object.entries(catalogue.features)) {
      compiled.set(`${catalogue.product}.${name}`, {
        requires: feature.requires ?? [],
        longest: feature.longestSeconds,
        consumes: feature.consumes.map((limit) => {
          const declaration = catalogue.limits[limit];
          if (declaration === undefined)
            throw new Error(`${catalogue.product}.${name} consumes an unknown limit: ${limit}`);
          const window = 'per' in declaration ? { w: declaration.per } : {};
          return { n: limit, k: declaration.kind, by: declaration.by, ...window };
        }),
      });
    }
  }
  return compiled;
}
