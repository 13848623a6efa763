# Installs third-party packages of the Docker images into OUT/TARGET/python, as Lambda's layers are
# built: same versions, same trimming. Run it in this folder with the Python of the image.
ARCHITECTURE := $(if $(filter aarch64,$(shell uname -m)),arm64,x86_64)
LAYER = $(MAKE) --no-print-directory -C ../runtime -f $(ARCHITECTURE)/Makefile ARTIFACTS_DIR=$(OUT)/$@

# The parts of botocore's data and of moto that the emulated AWS needs; the others are removed.
# all_but is expanded by two makes and then by the shell, hence the dollar signs.
SERVICES := s3 sqs
MOTO := core cloudwatch events iam moto_api s3 s3bucket_path sqs sts utilities
all_but = $$$$(find $(1) -mindepth 1 -maxdepth 1 -type d $(patsubst %,! -name %,$(2)))

.PHONY: runtime api command pdf serve
runtime:
	$(LAYER) build-RuntimeLayer

api:
	$(LAYER) build-ApiLayer

command:
	$(LAYER) build-ApiLayer PACKAGES=$(CURDIR)/command.txt UNUSED=bin

pdf:
	$(LAYER) build-ApiLayer PACKAGES=$(CURDIR)/pdf.txt UNUSED='bin share'

serve:
	$(LAYER) build-ApiLayer PACKAGES=$(CURDIR)/serve.txt \
		UNUSED='bin $(call all_but,botocore/data,$(SERVICES)) $(call all_but,moto,$(MOTO))'
