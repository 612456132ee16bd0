export {
  type Config,
  ConfigError,
  type EmbeddedSettings,
  type PostgresSettings,
  readConfig,
  shown,
} from './config.ts';
export { configMarkdown, envExample } from './document.ts';
export { SETTING_NAMES, type SettingName, type Values } from './settings.ts';
export type { UpstreamSetting } from './upstreams.ts';
