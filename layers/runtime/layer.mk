# Builds a Lambda layer of third-party packages for ARCHITECTURE into ARTIFACTS_DIR: pinned wheels,
# trimmed and byte-compiled. RuntimeLayer is for all functions, ApiLayer for the API function only.
#
# `sam build` copies this folder and runs x86_64/Makefile or arm64/Makefile there, depending on the
# template's parameter Architecture. By hand:
#   make -C layers/runtime -f arm64/Makefile build-RuntimeLayer ARTIFACTS_DIR=/tmp/runtime-arm64
PYTHON ?= python3.13
MACHINE := $(if $(filter arm64,$(ARCHITECTURE)),aarch64,x86_64)
SITE = $(ARTIFACTS_DIR)/python

# UNUSED is never imported by the functions; tests/sam imports the rest from the built layers.
# capi/libonnxruntime.so* is also linked into ONNX Runtime's Python module; soundfile needs only the
# compiled part of cffi. Shared objects are not stripped, because that breaks SciPy's.
build-RuntimeLayer: PACKAGES = requirements.txt
build-RuntimeLayer: UNUSED = bin cffi aws_lambda_powertools/event_handler \
	$(addprefix aws_lambda_powertools/utilities/,auth_alpha circuit_breaker data_masking feature_flags \
		idempotency kafka parameters parser streaming) \
	dateutil/zoneinfo/dateutil-zoneinfo.tar.gz tzdata/zoneinfo/tzdata.zi \
	numpy/_core/include numpy/_core/lib numpy/_core/_simd*.so numpy/_core/*_tests*.so numpy/random/lib \
	onnxruntime/backend onnxruntime/capi/libonnxruntime.so* onnxruntime/datasets \
	onnxruntime/quantization onnxruntime/tools onnxruntime/transformers \
	onnxruntime/ThirdPartyNotices.txt \
	pandas/_libs/sas*.so pandas/plotting/_matplotlib \
	pydicom/cli pydicom/data/charset_files pydicom/data/palettes pydicom/data/test_files pydicom/sr \
	scipy/cluster scipy/datasets scipy/differentiate scipy/fftpack scipy/io scipy/misc scipy/odr \
	scipy/_lib/cobyqa scipy/_lib/pyprima scipy/stats/_sobol_direction_numbers.npz scipy/stats/_unuran

build-ApiLayer: PACKAGES = api.txt
build-ApiLayer: UNUSED = bin anyio/_backends/_trio.py fastapi/.agents pydantic/mypy.py pydantic/v1

# The layer contains byte code in place of the sources: half the size of both, and no compiling at
# import (/opt is read-only, so Python could not cache byte code there).
.PHONY: build-RuntimeLayer build-ApiLayer
build-RuntimeLayer build-ApiLayer:
	rm -rf "$(SITE)"
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-compile \
		--only-binary=:all: --implementation cp --python-version 3.13 \
		--platform manylinux_2_28_$(MACHINE) --platform manylinux_2_27_$(MACHINE) \
		--platform manylinux2014_$(MACHINE) --target "$(SITE)" -r $(PACKAGES)
	cd "$(SITE)" && rm -rf $(UNUSED)
	find "$(SITE)" -type d -name tests -prune -exec rm -rf {} +
	find "$(SITE)" -type f -regex '.*\.\(pyi\|pxd\|pyx\|a\|h\|c\)' -delete
	# SciPy's wheel has a copy of NumPy's Fortran library; SciPy imports NumPy first, so one is enough.
	cd "$(SITE)" && for library in scipy.libs/*; do \
		if cmp -s "$$library" "numpy.libs/$${library#*/}"; then rm "$$library"; fi; done
	$(PYTHON) -W ignore without_docstrings.py "$(SITE)/scipy"
	cd "$(SITE)" && $(PYTHON) -m compileall -q -b --invalidation-mode unchecked-hash .
	find "$(SITE)" -name '*.py' -delete
	find "$(SITE)" -name RECORD -delete
