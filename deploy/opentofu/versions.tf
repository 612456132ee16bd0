# `tofu init && tofu plan -var-file=example.tfvars`: everything that Plinth stands on in Google Cloud, with Cloud Run or with GKE in front.
terraform {
  required_version = ">= 1.8"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }
  # The state holds the passwords that are made here: in a bucket that few read, and never in the tree.
  backend "gcs" {
    prefix = "plinth"
  }
}

provider "google" {
  project = var.project
  region  = var.region
}
