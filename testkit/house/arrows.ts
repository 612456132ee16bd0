import { type Room, roomOf } from './layers.ts';
import { dependsOn, type SourceFile, targetOf } from './source.ts';

/** What a rule has against a line of a file. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly says: string;
}

export type Rule = (file: SourceFile) => Finding[];

/** A rule that no file breaks by itself. */
export type RuleOfAll = (files: readonly SourceFile[]) => Finding[];

/** Whether a file is a test or serves tests alone: it may reach the sandboxes and the test services. */
export function isTest(path: string): boolean {
  return /^test(kit)?\/|\.test\.ts$|\/testing\/|^products\/\w+\/test\//.test(path);
}

/** Whether a file is of the server or a product, as they run. */
export function isProgram(path: string): boolean {
  return /^(server\/src|products)\//.test(path) && !isTest(path);
}

/** Imports point down the list of layers, never up, never sideways; products know their own parts alone. */
export const arrows: Rule = (file) => {
  const from = roomOf(file.path);
  if (from === undefined)
    return [
      {
        path: file.path,
        line: 1,
        says: 'has no place in the layers: its module is not in server/src/platform/modules.ts',
      },
    ];
  return file.imports.flatMap(({ specifier, line }) => {
    const target = targetOf(file.path, specifier);
    if (target === undefined) return [];
    const says = objection({ file: file.path, from, target, to: roomOf(target) });
    return says === undefined ? [] : [{ path: file.path, line, says: `imports ${specifier}: ${says}` }];
  });
};

interface Arrow {
  readonly file: string;
  readonly from: Room;
  readonly target: string;
  readonly to: Room | undefined;
}

/** The list that `products` serves in a checkout. */
const OWN_CONFIG = 'plinth.config.ts';

function objection({ file, from, target, to }: Arrow): string | undefined {
  if (to === undefined) return `${target} has no place in the layers`;
  if (from.kind === 'outside' || to.name === from.name) return undefined;
  if (target === OWN_CONFIG && from.name === 'products') return undefined;
  if (to.kind === 'outside' && from.kind !== 'sandbox')
    return isTest(file) ? undefined : 'the program does not know its tests, scripts or benches';
  if (from.kind === 'sandbox') return fromSandbox(from, to);
  if (to.kind === 'sandbox') return toSandbox(file, from);
  if (to.name === 'safety' && !['platform/ai', 'platform/http', 'platform/texts'].includes(from.name))
    return 'only platform/ai, platform/http and platform/texts know the workspace safety';
  if (from.kind === 'product') return fromProduct(file, from, to);
  return to.height < from.height ? undefined : `${from.name} lies below ${to.name}`;
}

/** A product is made with what a team's is made with, and with the parts and libraries that its package.json names. Its tests may look inside. */
function fromProduct(file: string, from: Room, to: Room): string | undefined {
  if (to.kind === 'product')
    return dependsOn(from.folder, to.folder) ? undefined : 'a product does not know another product';
  return isTest(file) || to.name === 'doors' ? undefined : 'a product imports plinth/product';
}

function toSandbox(file: string, from: Room): string | undefined {
  if (isTest(file) || from.name === 'app') return undefined;
  return 'only app.ts and tests know the sandboxes';
}

/** It is installed without this house: not even its tests know it. */
function fromSandbox(from: Room, to: Room): string | undefined {
  if (to.kind !== 'sandbox') return 'the sandboxes are a package of their own';
  const isShared = from.name === 'sandboxes' || to.name === 'sandboxes';
  return isShared ? undefined : 'a sandbox does not know another vendor’s';
}

/** Another module is imported by its face (`#platform/…`) alone: no `../` out of a module, no path into one. */
export const faces: Rule = (file) => {
  const from = roomOf(file.path);
  if (from === undefined || from.kind === 'outside') return [];
  return file.imports.flatMap(({ specifier, line }) => {
    const says = faceObjection(file, from, specifier);
    return says === undefined ? [] : [{ path: file.path, line, says: `imports ${specifier}: ${says}` }];
  });
};

function faceObjection(file: SourceFile, from: Room, specifier: string): string | undefined {
  if (specifier.startsWith('/') || specifier.startsWith('file:'))
    return 'a file is named from where we stand';
  const target = targetOf(file.path, specifier);
  if (target === OWN_CONFIG && from.name === 'products') return undefined;
  if (specifier.startsWith('#'))
    return target === undefined ? 'only the face of a module is imported' : undefined;
  if (!specifier.startsWith('.') || target === undefined || target.startsWith(from.folder)) {
    return specifier.startsWith('./') && target !== undefined ? intoAnother(from, target) : undefined;
  }
  return 'leaves its module: import the face (#platform/…)';
}

/** `server/src/products/index.ts` names the products beside it; the rest of `server/src/` has faces for what lies in folders. */
function intoAnother(from: Room, target: string): string | undefined {
  const to = roomOf(target);
  if (to === undefined || to.name === from.name) return undefined;
  const face = to.kind === 'sandbox' ? `${to.name.replace('/', '/src/')}/index.ts` : `${to.folder}index.ts`;
  const isFace = target === face || to.folder === 'server/src/';
  return isFace ? undefined : 'only the face of a module is imported';
}

/** What parts of the client import. */
const OWN_IMPORTS: readonly (readonly [string, RegExp])[] = [
  ['sdk/src/backend/', /^(\.{1,2}\/[\w.-]+$|node:)/],
  ['sdk/src/licenses/', /^(\.{1,2}\/[\w.-]+$|node:)/],
  ['sdk/src/local-memory/', /^(\.{1,2}\/[\w.-]+$|node:)/],
  ['sdk/src/vault/', /^(\.{1,2}\/[\w.-]+$|@noble\/hashes\/(argon2|sha2)\.js$)/],
];

/**
 * The client runs wherever there are web standards: it imports itself alone. Its parts for licences and local memory need Node’s modules, and its
 * vault has Argon2id from a package; they import the rest, which does not import them.
 */
export const standalone: Rule = (file) => {
  if (!file.path.startsWith('sdk/')) return [];
  const own =
    OWN_IMPORTS.find(([folder]) => file.path.startsWith(folder))?.[1] ??
    /^\.\/(?!backend\/|licenses\/|local-memory\/|vault\/)/;
  return file.imports
    .filter(({ specifier }) => !own.test(specifier))
    .map(({ specifier, line }) => ({
      path: file.path,
      line,
      says: `imports ${specifier}: the client stands on web standards alone`,
    }));
};

/** Packages that one room alone may import, so that a vendor or a driver can be changed in one place. */
const VENDORS: readonly { readonly packages: RegExp; readonly rooms: RegExp; readonly says: string }[] = [
  {
    packages: /^(pg|pg-[\w-]+|@electric-sql\/[\w-]+)(\/|$)/,
    rooms: /^(server\/src\/platform\/base\/db\/|testkit\/services\/)/,
    says: 'only platform/db knows a database driver',
  },
  {
    packages: /^ioredis(\/|$)/,
    rooms: /^(server\/src\/platform\/base\/redis\/|testkit\/services\/|bench\/)/,
    says: 'only platform/redis knows a Redis client',
  },
  {
    packages: /^(@ai-sdk\/[\w-]+|@anthropic-ai\/[\w-]+|openai)(\/|$)/,
    rooms: /^(server\/src\/platform\/ai\/|.*\.test\.ts$|test(kit)?\/)/,
    says: "only platform/ai knows an AI vendor's package",
  },
  {
    packages: /^ai(\/|$)/,
    rooms: /^(server\/src\/platform\/ai|products)\//,
    says: 'the AI SDK is for platform/ai and products',
  },
  {
    packages: /^undici(\/|$)/,
    rooms: /^(server\/src\/platform\/ai\/|.*\.test\.ts$|test(kit)?\/|bench\/)/,
    says: 'undici is the pipe of platform/ai',
  },
  {
    packages: /^stripe(\/|$)/,
    rooms:
      /^(server\/src\/platform\/billing\/providers\/stripe\/|sandboxes\/src\/stripe\/|.*\.test\.ts$|test(kit)?\/|bench\/)/,
    says: 'only platform/billing/providers/stripe knows the package of Stripe',
  },
  {
    packages: /^@apple\/[\w-]+(\/|$)/,
    rooms: /^server\/src\/platform\/billing\/providers\/app-store\//,
    says: "only platform/billing/providers/app-store knows Apple's package",
  },
];

/** A vendor's package stays in its room. */
export const vendors: Rule = (file) =>
  file.imports.flatMap(({ specifier, line }) => {
    const vendor = VENDORS.find(({ packages }) => packages.test(specifier));
    if (vendor === undefined || vendor.rooms.test(file.path)) return [];
    return [{ path: file.path, line, says: `imports ${specifier}: ${vendor.says}` }];
  });
