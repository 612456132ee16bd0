drop table identity.used_id_tokens;
drop table identity.sign_in_codes;
drop table identity.sign_in_states;
drop table identity.identities;
