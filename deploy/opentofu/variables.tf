variable "project" {
  type        = string
  description = "The project of Google Cloud."
}

variable "region" {
  type        = string
  description = "Where everything is."
  default     = "europe-west3"
}

variable "domain" {
  type        = string
  description = "Where clients reach the server; its address record must lead to the output `address`."
}

variable "platform" {
  type        = string
  description = "What runs the containers."
  default     = "cloud-run"
  validation {
    condition     = contains(["cloud-run", "gke"], var.platform)
    error_message = "platform must be cloud-run or gke."
  }
}

variable "image" {
  type        = string
  description = "The image at the first apply; release.sh sets each later one."
}

variable "mail_from" {
  type        = string
  description = "Who mails are from."
}

variable "alert_email" {
  type        = string
  description = "Who is told when something is wrong."
}

variable "database_version" {
  type        = string
  description = "PostgreSQL of Cloud SQL. 17 has what Plinth needs (15) and is the one that the tests also run on as Debian builds it; a later major version takes downtime."
  default     = "POSTGRES_17"
}

variable "database_tier" {
  type        = string
  description = "The machine of Cloud SQL. Two cores carry ten million calls a day at 60 % (docs/tuning.md); 7.5 GB hold 500 connections."
  default     = "db-custom-2-7680"
}

variable "nodes_per_zone" {
  type        = number
  description = "Nodes of GKE in each zone of the region. One is three nodes: if a zone is lost, two servers and two workers still fit on the other two."
  default     = 1
}

variable "node_machine" {
  type        = string
  description = "The machine of a node. Two cores and 8 GB hold three pods (550m and 576 MB each) beside the system's."
  default     = "e2-standard-2"
}

variable "collector_image" {
  type        = string
  description = "Google's collector of Prometheus metrics for Cloud Run."
  default     = "us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar:1.3.0"
}

variable "redis_tier" {
  type        = string
  description = "Tier of Memorystore. STANDARD_HA has a replica in another zone; BASIC costs half, and while it is away PostgreSQL counts rates: slower, nothing is lost."
  default     = "STANDARD_HA"
}

variable "redis_gigabytes" {
  type        = number
  description = "Memory of Memorystore. Counters and signals of seconds to minutes lie in it, so that the smallest is enough."
  default     = 1
}

variable "redis" {
  type        = string
  description = "Memorystore here, or a database of Upstash whose rediss:// URL is put into the secret plinth-redis-url by hand."
  default     = "memorystore"
  validation {
    condition     = contains(["memorystore", "upstash"], var.redis)
    error_message = "redis must be memorystore or upstash."
  }
}
