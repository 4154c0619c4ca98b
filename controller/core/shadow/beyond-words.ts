/**
 * Words by which SQL reaches beyond its database, for code whose statements are not known before it runs and for statements
 * that the grammar does not know. They are looked for in text without comments.
 */

/** Without one of these no statement does. */
export const mayReachBeyond = (text: string): boolean =>
  /\b(?:database|role|user|group|tablespace|subscription|system|owned|grant|revoke|copy|pg_\w+)\b/i.test(text);

/** About roles, tablespaces, the whole server or its machine. */
export const wordsOfServer = new RegExp(
  [
    String.raw`\b(?:create|alter|drop)\s+(?:role|user(?!\s+mapping\b)|group|tablespace|subscription|system)\b`,
    String.raw`\b(?:create|drop)\s+database\b`,
    // What a shadow itself is made with: it could not be told from other databases any more, or not be dropped.
    String.raw`\balter\s+database\b[^;]*\b(?:connection\s+limit|allow_connections|is_template|set\s+tablespace)\b`,
    String.raw`\b(?:reassign|drop)\s+owned\b`,
    String.raw`\b(?:comment|security\s+label[^;]*)\s+on\s+(?:role|tablespace|subscription)\b`,
    String.raw`\b(?:grant|revoke)\b(?![^;]*\bon\b)`,
    String.raw`\b(?:grant|revoke)\b[^;]*\bon\s+(?:tablespace|parameter)\b`,
    String.raw`\bcopy\b[^;]*(?:\b(?:from|to)\s+program\b|\bto\s+')`,
  ].join("|"),
  "i",
);

/** About a database that is named. */
export const namesDatabase = /\balter\s+database\b|\b(?:comment|label|grant|revoke)\b[^;]*\bon\s+database\b/i;

/** Functions of the server's that change what all databases share (manual: 9.28, System Administration Functions). */
export const callsOfServer =
  /\bpg_(?:(?:create|copy|drop)_\w*replication_slot|replication_slot_advance|replication_origin_(?:create|drop|advance)|(?:terminate|cancel)_backend|reload_conf|rotate_logfile|switch_wal|create_restore_point|promote|wal_replay_(?:pause|resume)|backup_start|backup_stop)"?\s*\(/i;
