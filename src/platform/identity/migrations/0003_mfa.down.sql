drop table identity.passkey_ceremonies;
drop table identity.mfa_challenges;
drop table identity.passkeys;
drop table identity.recovery_codes;
drop table identity.code_misses;
drop table identity.totp;
