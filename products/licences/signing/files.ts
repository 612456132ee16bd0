import { type AccountId, ALGORITHMS, type KeyKind, type SigningKeys } from 'plinth/product';
import { assertUsable, headOf } from '../licenses/license.ts';
import type { LicenseViews } from '../licenses/views.ts';
import { licenseFile, type LicenseFile } from './license-file.ts';

/** A part of a signed file, as it is downloaded or attached to a mail. */
export interface FilePart {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface LicenseFiles {
  /** Throws `license_not_found`, and `license_suspended` or `license_inactive` where no file would hold. */
  download(accountId: AccountId, part: 'signed' | 'license' | KeyKind): Promise<FilePart>;
}

export function createLicenseFiles({
  keys,
  views,
}: {
  readonly keys: SigningKeys;
  readonly views: Pick<LicenseViews, 'row'>;
}): LicenseFiles {
  return {
    async download(accountId, part) {
      const row = await views.row(accountId);
      assertUsable(headOf(accountId, row));
      const file = await licenseFile(keys, row);
      return partOf(file, part);
    },
  };
}

function partOf(file: LicenseFile, part: 'signed' | 'license' | KeyKind): FilePart {
  if (part === 'license') return { name: 'license.json', type: 'application/json', bytes: file.bytes };
  if (part === 'signed')
    return { name: 'license.signed.json', type: 'application/json', bytes: signedJson(file) };
  const signature = file.signatures.find(({ kind }) => kind === part);
  if (signature === undefined) throw new Error(`a file is not signed by ${part}`);
  return { name: `license.${part}.sig`, type: 'application/octet-stream', bytes: signature.bytes };
}

function signedJson({ license, signatures }: LicenseFile): Uint8Array {
  const signed = {
    license,
    signatures: signatures.map(({ kind, keyId, bytes }) => ({
      key_id: keyId,
      algorithm: ALGORITHMS[kind],
      signature: Buffer.from(bytes).toString('base64'),
    })),
  };
  return Buffer.from(`${JSON.stringify(signed, null, 2)}\n`, 'utf8');
}
