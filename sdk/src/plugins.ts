import { canonicalJson } from './canonical.ts';
import type { Caller, CallerParts, CallOptions, QueryOf, ReplyOf, RouteName } from './calls.ts';
import { isRecord, type LocalCode, PlinthError } from './errors.ts';
import { send } from './wire.ts';

export type Plugin = ReplyOf<'GET /v1/plugins/{id}'>;
type Handed = ReplyOf<'POST /v1/plugins/{id}/install'>;
type Bytes = Uint8Array<ArrayBuffer>;
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A package that is what was reviewed, of the developer who signed it. */
export interface PluginPackage {
  readonly id: string;
  readonly version: string;
  /** In hex. */
  readonly sha256: string;
  /** With which it was reviewed: allow it no others. */
  readonly permissions: readonly string[];
  readonly bytes: Uint8Array;
}

/** A version that was removed: delete what you have of it. */
export interface RevokedPlugin {
  readonly id: string;
  readonly version: string;
  /** SHA-256 of its package, in hex. */
  readonly sha256: string;
}

export interface InstallOptions extends CallOptions {
  /** What the user has consented to, of `details.permissions` of a `consent_needed`. */
  readonly acceptPermissions?: readonly string[];
  /** The `price_cents` and `currency` that the user has said yes to; needed where the plugin is bought. */
  readonly agreed?: { readonly amount: number; readonly currency: string };
}

export type Plugins = ReturnType<typeof pluginCalls>;

const KEYS = 'GET /.well-known/plugin-keys';
const REVOKED = 'GET /v1/plugins/revoked';
/** Milliseconds by which a list may be older than one that another process of the server gave before. */
const SKEW = 60_000;

/** Plugins of the marketplace (docs/marketplace.md). */
export function pluginCalls(caller: Caller, parts: CallerParts) {
  const { call } = caller;
  /** Its answer is checked below. */
  const ask = (route: string, options: CallOptions): Promise<unknown> =>
    call(route as RouteName, {} as never, options);
  const install = (
    id: string,
    { acceptPermissions, agreed, ...options }: InstallOptions = {},
  ): Promise<Handed> => {
    const accepted = {
      ...(acceptPermissions !== undefined && { accept_permissions: [...acceptPermissions] }),
      ...(agreed !== undefined && { agreed }),
    };
    return call(
      'POST /v1/plugins/{id}/install',
      { params: { id }, body: { plugin_id: id, ...accepted } },
      options,
    );
  };
  /** When the newest list was made that was seen. */
  let seen = 0;
  async function keysAndRevoked(options: CallOptions) {
    const answer = await ask(REVOKED, options);
    // Asked after the list: a fresh server, or one that rotates, has the key of what it signed among them.
    const keys = await keysIn(await ask(KEYS, options));
    const { issuedAt, plugins } = await revokedIn(answer, keys);
    if (!(issuedAt > seen - SKEW))
      throw refused('plugin_list_forged', 'A newer list of removed plugins was seen.');
    seen = Math.max(seen, issuedAt);
    return { keys, plugins };
  }

  return {
    list: (query: QueryOf<'GET /v1/plugins'> = {}, options?: CallOptions) =>
      call('GET /v1/plugins', { query }, options),
    get: (id: string, options?: CallOptions): Promise<Plugin> =>
      call('GET /v1/plugins/{id}', { params: { id } }, options),
    installed: (query: QueryOf<'GET /v1/plugins/installed'> = {}, options?: CallOptions) =>
      call('GET /v1/plugins/installed', { query }, options),
    /** Where the package is, which was not verified yet: `download` does. */
    install,
    uninstall: (id: string, options?: CallOptions) =>
      call('DELETE /v1/plugins/{id}/install', { params: { id } }, options),
    rate: (id: string, stars: number, options?: CallOptions) =>
      call('PUT /v1/plugins/{id}/rating', { params: { id }, body: { stars } }, options),
    /** The versions that were removed, signed by the marketplace: stop what is in it. Throws `plugin_list_forged`. */
    revoked: async (options: CallOptions = {}): Promise<readonly RevokedPlugin[]> =>
      (await keysAndRevoked(options)).plugins,

    /**
     * Installs the newest version, and hands out its bytes once they are verified: by their SHA-256, by the developer's signature and
     * by that of the marketplace over both, and by the list of what was removed. Throws what `install` throws, and `plugin_revoked`,
     * `plugin_list_forged`, `plugin_not_countersigned`, `plugin_signature_wrong`, `plugin_bytes_wrong`.
     */
    async download(id: string, options: InstallOptions = {}): Promise<PluginPackage> {
      const handed = await install(id, options);
      const { keys, plugins } = await keysAndRevoked(options);
      const { version, sha256 } = handed;
      if (plugins.some((one) => one.sha256 === sha256 || (one.id === id && one.version === version)))
        throw refused('plugin_revoked', 'This version was removed from the marketplace.');
      const permissions = await assertCountersigned(id, handed, keys);
      await assertSigned(handed);
      const bytes = await read(parts, handed.download_url, options);
      if (hexOf(await digestOf(bytes)) !== sha256)
        throw refused('plugin_bytes_wrong', 'These are not the bytes that were reviewed.');
      return { id, version, sha256, permissions, bytes };
    },
  };
}

/**
 * What was approved is this plugin, in this version, with these bytes and this key of its developer. Answers the permissions that it was
 * approved with.
 */
async function assertCountersigned(
  id: string,
  { countersignature: own, version, sha256, public_key }: Handed,
  keys: ReadonlyMap<string, Key>,
): Promise<readonly string[]> {
  const { signed } = own;
  const permissions = signed['permissions'];
  const isThis =
    signed['plugin_id'] === id &&
    signed['version'] === version &&
    signed['sha256'] === sha256 &&
    signed['public_key'] === public_key;
  if (!isThis || !Array.isArray(permissions) || !(await isSignedBy(own, signed, keys)))
    throw refused('plugin_not_countersigned', 'The marketplace has not approved this package.');
  return permissions.map(String);
}

async function assertSigned({ sha256, signature, public_key }: Handed): Promise<void> {
  const pem = public_key.replace(/-----[^-]+-----/g, '').replace(/\s/g, '');
  const key = await importKey('spki', bytesIn(pem));
  if (key === undefined || !(await isSignature(key, signature, bytesOfHex(sha256))))
    throw refused('plugin_signature_wrong', 'This package is not signed by its developer.');
}

async function revokedIn(answer: unknown, keys: ReadonlyMap<string, Key>) {
  const list = isRecord(answer) && isRecord(answer['list']) ? answer['list'] : {};
  const { issued_at: at, plugins } = list;
  if (!Array.isArray(plugins) || !(await isSignedBy(answer, list, keys)))
    throw refused('plugin_list_forged', 'The list of removed plugins is not signed by the marketplace.');
  return { issuedAt: Date.parse(String(at)), plugins: plugins as readonly RevokedPlugin[] };
}

/** Whether a value, in the form of RFC 8785, is signed by the key that its signature names. */
async function isSignedBy(by: unknown, value: unknown, keys: ReadonlyMap<string, Key>): Promise<boolean> {
  const { key_id, signature } = isRecord(by) ? by : {};
  const key = keys.get(String(key_id));
  if (key === undefined || typeof signature !== 'string') return false;
  return isSignature(key, signature, new TextEncoder().encode(canonicalJson(value)));
}

/** The keys of the marketplace by their ids: former ones too, which sign nothing new. */
async function keysIn(answer: unknown): Promise<ReadonlyMap<string, Key>> {
  const listed = isRecord(answer) && Array.isArray(answer['keys']) ? answer['keys'] : [];
  const keys = new Map<string, Key>();
  for (const jwk of listed) {
    if (!isRecord(jwk) || typeof jwk['kid'] !== 'string' || jwk['crv'] !== 'Ed25519') continue;
    const key = await importKey('jwk', { kty: 'OKP', crv: 'Ed25519', x: String(jwk['x']) });
    if (key !== undefined) keys.set(jwk['kid'], key);
  }
  return keys;
}

/** Undefined: it is no key. */
function importKey(format: 'spki' | 'jwk', key: object): Promise<Key | undefined> {
  return crypto.subtle
    .importKey(format as 'spki', key as Bytes, { name: 'Ed25519' }, false, ['verify'])
    .catch(() => undefined);
}

const isSignature = (key: Key, signature: string, bytes: Bytes): Promise<boolean> =>
  crypto.subtle.verify({ name: 'Ed25519' }, key, bytesIn(signature), bytes).catch(() => false);

/** Its link needs no credentials. */
function read(
  parts: CallerParts,
  url: string,
  { signal, timeout = parts.timeout }: CallOptions,
): Promise<Bytes> {
  const request = { method: 'GET', url, headers: {}, repeatable: true, signal, timeout };
  return send(parts, request, async (response) => new Uint8Array(await response.arrayBuffer()));
}

const digestOf = async (bytes: Bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const bytesOfHex = (hex: string): Bytes =>
  Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));

/** The bytes of base64; none of other texts. */
function bytesIn(base64: string): Bytes {
  try {
    return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

const refused = (code: LocalCode, message: string) => new PlinthError({ code, message, status: 0 });
