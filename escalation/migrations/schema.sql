-- What the migrations make of a new file. Written from them; a test holds it against them.
CREATE TABLE alembic_version ( version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num) );
CREATE TABLE definition ( hash VARCHAR(64) NOT NULL, procedure VARCHAR NOT NULL, version VARCHAR NOT NULL, body BLOB NOT NULL, source VARCHAR NOT NULL, installed_at BIGINT NOT NULL, current BOOLEAN DEFAULT true NOT NULL, by_user BOOLEAN DEFAULT false NOT NULL, CONSTRAINT pk_definition PRIMARY KEY (hash) );
CREATE INDEX ix_definition_procedure ON definition (procedure);
CREATE TABLE "case" ( id INTEGER NOT NULL, ref VARCHAR(16) NOT NULL, title VARCHAR NOT NULL, client VARCHAR, definition VARCHAR NOT NULL, opened_at BIGINT NOT NULL, head INTEGER NOT NULL, head_hash VARCHAR NOT NULL, open BOOLEAN NOT NULL, state VARCHAR NOT NULL, stage VARCHAR NOT NULL, overdue BOOLEAN NOT NULL, next_lapse BIGINT, snapshot BLOB NOT NULL, CONSTRAINT pk_case PRIMARY KEY (id), CONSTRAINT uq_case_ref UNIQUE (ref), CONSTRAINT fk_case_definition_definition FOREIGN KEY(definition) REFERENCES definition (hash) );
CREATE INDEX ix_case_stage ON "case" (stage, id);
CREATE INDEX ix_case_client ON "case" (client, id);
CREATE TABLE entry ( case_id BIGINT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, hash VARCHAR NOT NULL, "key" VARCHAR, CONSTRAINT pk_entry PRIMARY KEY (case_id, seq), CONSTRAINT uq_entry_case_id UNIQUE (case_id, "key"), CONSTRAINT fk_entry_case_id_case FOREIGN KEY(case_id) REFERENCES "case" (id) ON DELETE CASCADE ) WITHOUT ROWID;
CREATE TABLE timer ( at BIGINT NOT NULL, case_id BIGINT NOT NULL, CONSTRAINT pk_timer PRIMARY KEY (at, case_id), CONSTRAINT uq_timer_case_id UNIQUE (case_id), CONSTRAINT fk_timer_case_id_case FOREIGN KEY(case_id) REFERENCES "case" (id) ON DELETE CASCADE ) WITHOUT ROWID;
CREATE TABLE outbox ( id INTEGER NOT NULL, case_id BIGINT NOT NULL, "key" VARCHAR NOT NULL, kind VARCHAR NOT NULL, at BIGINT NOT NULL, status VARCHAR NOT NULL, body BLOB NOT NULL, created_at BIGINT NOT NULL, CONSTRAINT pk_outbox PRIMARY KEY (id), CONSTRAINT fk_outbox_case_id_case FOREIGN KEY(case_id) REFERENCES "case" (id) ON DELETE CASCADE );
CREATE UNIQUE INDEX uq_outbox_key ON outbox (case_id, "key") WHERE status != 'superseded';
CREATE INDEX ix_outbox_status ON outbox (status, at);
CREATE TABLE setting ( name VARCHAR NOT NULL, value VARCHAR NOT NULL, CONSTRAINT pk_setting PRIMARY KEY (name) );
INSERT INTO alembic_version (version_num) VALUES ('0001');
PRAGMA user_version = 1;
