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
  readonly bytes: Uint8Array;
}

/** A plugin that was removed: delete what you have of it. */
export interface RevokedPlugin {
  readonly plugin_id: string;
  /** null: all of them. */
  readonly version: string | null;
}

export interface InstallOptions extends CallOptions {
  /** What the user has consented to, of `details.permissions` of a `consent_needed`. */
  readonly acceptPermissions?: readonly string[];
}

export type Plugins = ReturnType<typeof pluginCalls>;

const KEYS = 'GET /.well-known/plugin-keys';
const REVOKED = 'GET /v1/plugins/revoked';

/** Plugins of the marketplace (docs/marketplace.md). */
export function pluginCalls(caller: Caller, parts: CallerParts) {
  const { call } = caller;
  /** Checked below, whatever it is. */
  const ask = (route: string, options: CallOptions): Promise<unknown> =>
    call(route as RouteName, {} as never, options);
  const install = (id: string, { acceptPermissions, ...options }: InstallOptions = {}): Promise<Handed> => {
    const accepted = acceptPermissions === undefined ? {} : { accept_permissions: [...acceptPermissions] };
    return call(
      'POST /v1/plugins/{id}/install',
      { params: { id }, body: { plugin_id: id, ...accepted } },
      options,
    );
  };
  /** The plugins that were removed, signed by the marketplace. Throws `plugin_list_forged`. */
  async function revoked(options: CallOptions = {}): Promise<readonly RevokedPlugin[]> {
    const [keys, list] = await Promise.all([ask(KEYS, options), ask(REVOKED, options)]);
    return revokedIn(list, await keysIn(keys));
  }

  return {
    list: (query: QueryOf<'GET /v1/plugins'> = {}, options?: CallOptions) =>
      call('GET /v1/plugins', { query }, options),
    get: (id: string, options?: CallOptions): Promise<Plugin> =>
      call('GET /v1/plugins/{id}', { params: { id } }, options),
    installed: (query: QueryOf<'GET /v1/plugins/installed'> = {}, options?: CallOptions) =>
      call('GET /v1/plugins/installed', { query }, options),
    /** Where the package is, which nobody has verified yet: `download` does. */
    install,
    uninstall: (id: string, options?: CallOptions) =>
      call('DELETE /v1/plugins/{id}/install', { params: { id } }, options),
    rate: (id: string, stars: number, options?: CallOptions) =>
      call('PUT /v1/plugins/{id}/rating', { params: { id }, body: { stars } }, options),
    revoked,

    /**
     * Installs the newest version, and hands out its bytes once they are verified: by their SHA-256, by the developer's signature and
     * by that of the marketplace over both, and by the list of what was removed. Throws what `install` throws, and `plugin_revoked`,
     * `plugin_list_forged`, `plugin_not_countersigned`, `plugin_signature_wrong`, `plugin_bytes_wrong`.
     */
    async download(id: string, options: InstallOptions = {}): Promise<PluginPackage> {
      const handed = await install(id, options);
      const [known, list] = await Promise.all([ask(KEYS, options), ask(REVOKED, options)]);
      const keys = await keysIn(known);
      const { version, sha256 } = handed;
      if ((await revokedIn(list, keys)).some((one) => isOf(one, id, version)))
        throw refused('plugin_revoked', 'This version was removed from the marketplace.');
      await assertCountersigned(id, handed, keys);
      await assertSigned(handed);
      const bytes = await read(parts, handed.download_url, options);
      if (hexOf(await digestOf(bytes)) !== sha256)
        throw refused('plugin_bytes_wrong', 'These are not the bytes that were reviewed.');
      return { id, version, sha256, bytes };
    },
  };
}

const isOf = (one: RevokedPlugin, id: string, version: string) =>
  one.plugin_id === id && (one.version === null || one.version === version);

/** What was approved is this plugin, in this version, with these bytes and this key of its developer. */
async function assertCountersigned(
  id: string,
  { countersignature: own, version, sha256, public_key }: Handed,
  keys: ReadonlyMap<string, Key>,
): Promise<void> {
  const { signed } = own;
  const isThis =
    signed['plugin_id'] === id &&
    signed['version'] === version &&
    signed['sha256'] === sha256 &&
    signed['public_key'] === public_key;
  if (!isThis || !(await isSignedBy(own, keys)))
    throw refused('plugin_not_countersigned', 'The marketplace has not approved this package.');
}

async function assertSigned({ sha256, signature, public_key }: Handed): Promise<void> {
  const pem = public_key.replace(/-----[^-]+-----/g, '').replace(/\s/g, '');
  const key = await importKey('spki', bytesIn(pem));
  if (key === undefined || !(await isSignature(key, signature, bytesOfHex(sha256))))
    throw refused('plugin_signature_wrong', 'This package is not signed by its developer.');
}

async function revokedIn(list: unknown, keys: ReadonlyMap<string, Key>): Promise<readonly RevokedPlugin[]> {
  const entries = isRecord(list) && isRecord(list['signed']) ? list['signed']['plugins'] : undefined;
  if (!Array.isArray(entries) || !(await isSignedBy(list, keys)))
    throw refused('plugin_list_forged', 'The list of removed plugins is not signed by the marketplace.');
  return entries.flatMap((entry): RevokedPlugin[] => {
    const { plugin_id: id, version = null } = isRecord(entry) ? entry : {};
    return typeof id === 'string' && (version === null || typeof version === 'string')
      ? [{ plugin_id: id, version }]
      : [];
  });
}

/** Whether `signed`, in the form of RFC 8785, is signed by the key that it names. */
async function isSignedBy(value: unknown, keys: ReadonlyMap<string, Key>): Promise<boolean> {
  const { key_id, signed, signature } = isRecord(value) ? value : {};
  const key = keys.get(String(key_id));
  if (key === undefined || typeof signature !== 'string') return false;
  return isSignature(key, signature, new TextEncoder().encode(canonicalJson(signed)));
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

/** Of base64; none of what is something else. */
function bytesIn(base64: string): Bytes {
  try {
    return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

const refused = (code: LocalCode, message: string) => new PlinthError({ code, message, status: 0 });
