import type { Micros } from '#platform/kernel';
import type { Boost, Feature, LimitDeclaration, OptionKind, Overage, Pack, Plan } from './catalogue.ts';

type Limits = Readonly<Record<string, LimitDeclaration>>;
type Options = Readonly<Record<string, OptionKind>>;

/** Options of a product whose plans grant limits alone. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- a record without keys is what is meant
export type NoOptions = Readonly<Record<never, never>>;

/** A grant for each limit and each option: forgetting one, or naming one that was not declared, does not compile. */
export type GrantsOf<L extends Limits, O extends Options> = { readonly [Name in keyof L]: number } & {
  readonly [Name in keyof O]: O[Name] extends 'boolean' ? boolean : number;
};

type BooleanOption<O extends Options> = {
  [Name in keyof O]: O[Name] extends 'boolean' ? Name : never;
}[keyof O];

/** A product's plans and add-ons, as its author writes them. The compiler holds the parts against each other. */
export interface CatalogueDeclaration<L extends Limits, O extends Options, PlanName extends string> {
  /** The product's word in paths, scopes and plan ids: `reel`. */
  readonly key: string;
  readonly name: string;
  /** Whose data the product holds. */
  readonly holds: 'personal' | 'organization' | 'both';
  readonly limits: L;
  readonly options?: O;
  readonly features: Readonly<Record<string, FeatureOf<NoInfer<L>, NoInfer<O>>>>;
  readonly plans: { readonly [Name in PlanName]: PlanOf<NoInfer<L>, NoInfer<O>> };
  readonly addOns?: Readonly<
    Record<
      string,
      (Boost & { readonly lifts: NoInfer<PlanName> }) | (Pack & { readonly limit: keyof NoInfer<L> & string })
    >
  >;
  /** The plan of accounts without a purchase; none: they get 402. */
  readonly defaultPlan?: NoInfer<PlanName>;
  /** The names of its plans are the `tier` of users, and of a checkout that names no product. Of one product at most. */
  readonly tiers?: true;
}

interface PlanOf<L extends Limits, O extends Options> extends Plan {
  readonly grants: GrantsOf<L, O>;
  readonly perSeat?: readonly (keyof L & string)[];
  readonly overage?: readonly (Overage & { readonly limit: keyof L & string })[];
}

interface FeatureOf<L extends Limits, O extends Options> extends Feature {
  readonly consumes: readonly (keyof L & string)[];
  readonly requires?: readonly (BooleanOption<O> & string)[];
  readonly reserve: Micros;
}

/**
 * Writes down what a product sells in a file of its own, with all of the compiler's checks. The values are checked
 * when the product is defined.
 */
export function declareCatalogue<
  const L extends Limits,
  const PlanName extends string,
  const O extends Options = NoOptions,
>(declaration: CatalogueDeclaration<L, O, PlanName>): CatalogueDeclaration<L, O, PlanName> {
  return declaration;
}
