export {
  type CaptchaSettings,
  type Config,
  ConfigError,
  type EmbeddedSettings,
  onPort,
  type PostgresSettings,
  readConfig,
  type RedisSettings,
} from './config.ts';
export { readAiFiles } from './ai-files.ts';
export { makeFolder, syncFolder, unusableFolder } from './folder.ts';
export type { DeliverySettings } from './delivery.ts';
export { configMarkdown, envExample, settingText } from './document.ts';
export type { MailSettings, OutboxSettings, SendGridSettings, SmtpSettings } from './mail.ts';
export { type MasterKey, type MasterKeysSettings, masterKeyText, parseMasterKeys } from './master-keys.ts';
export type { ClientSettings, SignInSettings } from './sign-in.ts';
export type { GooglePlaySettings } from './google-play.ts';
export type { AppStoreSettings } from './app-store.ts';
export { type S3Settings, uploadOriginsOf } from './s3.ts';
export type { StripeSettings } from './stripe.ts';
export { isThisMachine } from './is-this-machine.ts';
export { stateOfFile } from './state-of-file.ts';
export { nearestOf } from './near-names.ts';
export { setting } from './setting.ts';
export {
  addSettings,
  settingCalled,
  settingNames,
  type SettingName,
  type Settings,
  type Values,
} from './settings.ts';
export { assertPackages, missingPackages, type PackagesFor } from './packages.ts';
export { isPackage, PLANS_NAME, teamConfig } from './team.ts';
export type { AwsKeys, GoogleCredentials, SlotSetting, UpstreamSetting } from './ai.ts';
