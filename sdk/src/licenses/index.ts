export { createLicenseClient, type LicenseClient, type LicenseClientOptions } from './client.ts';
export { canonicalJson } from '../canonical.ts';
export { hardwareId } from './hardware-id.ts';
export {
  type LicenseFileCheck,
  type LicenseFileVerdict,
  type SignedLicense,
  verifyLicenseFile,
} from './license-file.ts';
export { LicenseError, type LicenseState, type LicenseWarning, type StopReason } from './states.ts';
export { type LicenseTime } from './time.ts';
