-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema identity to plinth_tenant, plinth_system;

grant select, insert, update, delete on identity.users, identity.sessions, identity.refresh_tokens, identity.signing_keys,
  identity.api_keys, identity.email_tokens, identity.totp, identity.code_misses, identity.recovery_codes, identity.passkeys,
  identity.mfa_challenges, identity.passkey_ceremonies, identity.guesses, identity.identities, identity.sign_in_states,
  identity.sign_in_codes, identity.used_id_tokens, identity.admin_invitations, identity.mail_sign_ins to plinth_system;
-- Users read and change their profile; their hash, role and status are out of reach in their own scope.
grant select (user_id, email, full_name, avatar_url, email_verified, role, status, default_account_id, created_at, updated_at), update (full_name, avatar_url, updated_at) on identity.users to plinth_tenant;
grant select, update (revoked_at, revoked_for, updated_at) on identity.sessions to plinth_tenant;
grant select (user_id, session_id, rotated_at, expires_at, created_at) on identity.refresh_tokens to plinth_tenant;
grant select (account_id, id, user_id, name, prefix, scopes, makers, monthly_budget_micros, bounds, models, labels, expires_at, last_used_at, revoked_at, created_at, updated_at), insert, update (name, prefix, token_hash, monthly_budget_micros, bounds, models, labels, expires_at, last_used_at, revoked_at, updated_at) on identity.api_keys to plinth_tenant;
grant select (user_id, kind, email, expires_at, created_at, updated_at) on identity.email_tokens to plinth_tenant;
grant select (user_id, confirmed_at, created_at, updated_at) on identity.totp to plinth_tenant;
grant select (user_id, place, misses, closed_until, created_at, updated_at) on identity.code_misses to plinth_tenant;
grant select (user_id, created_at) on identity.recovery_codes to plinth_tenant;
grant select (user_id, id, synced, name, last_used_at, created_at, updated_at) on identity.passkeys to plinth_tenant;
grant select (user_id, method, tries, expires_at, created_at, updated_at) on identity.mfa_challenges to plinth_tenant;
grant select, delete on identity.identities to plinth_tenant;
grant select (user_id, method, expires_at, created_at) on identity.sign_in_codes to plinth_tenant;

-- Tenants may call these, and nothing that is a part of them.
grant execute on function identity.is_cut_off(uuid, uuid[]) to plinth_tenant;
