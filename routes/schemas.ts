/**
 * The REST contract: schemas from which validation, types and /openapi.json are made.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { POLICY } from "../lib/policy.ts";
import { ParticipantInfo, Permissions, QualitySummary, TOPOLOGY_REASONS } from "../lib/protocol.ts";
import type { RoomSummary } from "../lib/presence/mod.ts";
import type { KnownQuality } from "../lib/quality.ts";
import type { Member, RoomTopology } from "../lib/room_state.ts";
import { participantInfo } from "../lib/room_view.ts";
import type { SfuView } from "../lib/sfu/directory.ts";
import { Problem } from "./problem.ts";

export const RoomId = z.string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, "expected 1 to 64 of A-Z a-z 0-9 _ -")
  .openapi({ example: "standup" });

const Name = z.string().min(1).max(128);

const Metadata = z.unknown().refine(
  (value) => value === undefined || JSON.stringify(value).length <= 4_096,
  "expected at most 4096 characters of JSON",
).openapi({ description: "Any JSON, yours; at most 4096 characters." });

const TopologyPolicy = z.strictObject({
  mode: z.enum(["auto", "mesh", "sfu"]),
  promoteAt: z.number().int().min(2).max(100).openapi({
    description: "In `auto`: with this many participants, or more, the call is lifted to an SFU.",
  }),
  demoteAt: z.number().int().min(1).max(99).openapi({
    description: "In `auto`: with this many, or fewer, it comes down again. Less than `promoteAt`.",
  }),
});

const Settings = z.strictObject({
  name: Name.optional(),
  maxParticipants: z.number().int().min(1).max(POLICY.room.maxParticipantsCeiling)
    .openapi({
      description: `${POLICY.room.maxParticipants} in a new room that does not say.`,
      example: POLICY.room.maxParticipants,
    }),
  topology: TopologyPolicy.partial(),
  regions: z.array(z.string().min(1).max(32)).max(16).openapi({
    description: "Where the room's SFU may be; empty: anywhere.",
  }),
  emptyTimeoutSeconds: z.number().int().min(1).max(86_400).openapi({
    description:
      `How long the room lives without participants; ${POLICY.room.emptyTimeoutSeconds} where a new one does not say.`,
    example: POLICY.room.emptyTimeoutSeconds,
  }),
  metadata: Metadata.optional(),
});

const changes = Settings.partial().shape;
export const RoomChanges = z.strictObject(changes).openapi("RoomChanges");
export const NewRoom = z.strictObject({
  id: RoomId.optional().openapi({ description: "Made up where absent." }),
  ...changes,
}).openapi("NewRoom");

export const Room = z.object({
  id: RoomId,
  name: Name.optional(),
  maxParticipants: z.number().int(),
  topology: TopologyPolicy,
  regions: z.array(z.string()),
  emptyTimeoutSeconds: z.number().int(),
  metadata: Metadata.optional(),
  createdAt: z.iso.datetime(),
  participantCount: z.number().int(),
  current: z.object({
    mode: z.enum(["mesh", "sfu"]),
    epoch: z.number().int().openapi({ description: "Goes up by one with each change." }),
    reason: z.enum(TOPOLOGY_REASONS).openapi({ description: "Why it is so." }),
    since: z.iso.datetime(),
    sfu: z.string().optional().openapi({ description: "Which SFU, see `GET /v1/sfus`." }),
  }).openapi({ description: "The topology that the call has now." }),
}).openapi("Room");

export const RoomPage = z.object({
  rooms: z.array(Room),
  cursor: z.string().optional().openapi({ description: "For the next page; absent on the last." }),
}).openapi("RoomPage");

export const PageQuery = z.object({
  cursor: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export const ParticipantQuality = QualitySummary.extend({
  at: z.iso.datetime().openapi({ description: "When the participant told of it." }),
}).openapi("ParticipantQuality");

export const Participant = ParticipantInfo.extend({
  joinedAt: z.iso.datetime(),
  attributes: z.record(z.string(), z.unknown()),
  quality: ParticipantQuality.nullable().openapi({
    description:
      "How its call was of late, by its own word, every 5 s or less often; null where nothing is known, or where its node did not say in time.",
  }),
}).openapi("Participant");

export const NewToken = z.strictObject({
  identity: z.string().min(1).max(128).openapi({
    description: "Who it is for, by your word.",
    example: "ada",
  }),
  name: Name.optional(),
  permissions: Permissions.partial().optional(),
  ttlSeconds: z.number().int().min(1).max(POLICY.token.maxTtlSeconds)
    .default(POLICY.token.ttlSeconds)
    .openapi({ description: "How long it may be used to join." }),
  metadata: Metadata.optional(),
}).openapi("NewToken");

export const Token = z.object({ token: z.string(), expiresAt: z.iso.datetime() }).openapi("Token");

export const TopologyRequest = z.strictObject({ mode: z.enum(["auto", "mesh", "sfu"]) })
  .openapi("TopologyRequest");

export const Sfu = z.object({
  id: z.string(),
  region: z.string(),
  health: z.enum(["ok", "draining", "down"]).openapi({
    description: "`draining`: its rooms move away, and no others come.",
  }),
  load: z.number().min(0).openapi({ description: "Participants by capacity; 1 is full." }),
  participants: z.number().int(),
  capacity: z.number().int(),
  reason: z.string().optional().openapi({ description: "Why it is down, as this node sees it." }),
}).openapi("Sfu");

export const SfuChanges = z.strictObject({
  draining: z.boolean().openapi({
    description: "`true`: its rooms move to others, or to the mesh; `false`: it is used again.",
  }),
}).openapi("SfuChanges");

export const sfuParam = z.object({
  sfu: z.string().min(1).max(128).openapi({ param: { name: "sfu", in: "path" } }),
});

export const roomParam = z.object({
  room: RoomId.openapi({ param: { name: "room", in: "path" } }),
});

/** What every POST takes, see middleware/idempotency.ts. */
export const idempotencyHeader = z.object({
  "idempotency-key": z.string().optional().openapi({
    description: "The same key gives the same answer for 24 h.",
  }),
});

/** A JSON body or answer in a route's description. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** The errors of a route, by status, for the OpenAPI text: those that every route has, and these. */
export function problems<Status extends number>(...statuses: Status[]) {
  const answer = {
    description: "Problem details (RFC 9457)",
    content: { "application/problem+json": { schema: Problem } },
  };
  const all = [401, 429, 503, ...statuses].map((status) => [status, answer]);
  return Object.fromEntries(all) as Record<Status | 401 | 429 | 503, typeof answer>;
}

export const security = [{ apiSecret: [] }];

/** A room -> what REST says of it. */
export function roomAnswer(room: RoomSummary): z.infer<typeof Room> {
  const { settings, key, createdAt, participantCount, topology } = room;
  return {
    id: key.id,
    ...settings,
    createdAt: new Date(createdAt).toISOString(),
    participantCount,
    current: currentAnswer(topology),
  };
}

function currentAnswer(topology: RoomTopology): z.infer<typeof Room>["current"] {
  const { mode, epoch, reason, since } = topology;
  const sfu = topology.mode === "sfu" ? topology.grant.sfu : undefined;
  return { mode, epoch, reason, since: new Date(since).toISOString(), ...(sfu && { sfu }) };
}

/** An SFU -> what REST says of it. */
export function sfuAnswer(sfu: SfuView): z.infer<typeof Sfu> {
  const { id, region, state: health, load: participants, capacity, reason } = sfu;
  const load = participants / capacity;
  return { id, region, health, load, participants, capacity, ...(reason && { reason }) };
}

/** A member, and how its call goes where that is known -> what REST says of it. */
export function participantAnswer(
  member: Member,
  known?: KnownQuality,
): z.infer<typeof Participant> {
  const info = participantInfo(member);
  const quality = known ? { at: new Date(known.at).toISOString(), ...known.summary } : null;
  return { ...info, joinedAt: new Date(info.joinedAt).toISOString(), quality };
}
