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

variable "database_tier" {
  type        = string
  description = "The machine of Cloud SQL."
  default     = "db-custom-2-7680"
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
